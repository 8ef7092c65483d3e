import type { EventId } from "../foundation/ids.ts";
import { limits } from "../foundation/limits.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { roomFinishDraw } from "../lua/generated.ts";
import { commitmentOf } from "./draw/draw-protocol.ts";
import type { DrawLane } from "./draw/draw-record.ts";
import { closeList, drawLane } from "./draw-lane.ts";
import type { DriverParts } from "./driver-parts.ts";
import type { Lane } from "./lanes.ts";

/**
 * Draws the lobby of a room: publishes the lists' roots, reads who is in it, shuffles, writes the numbers and the
 * line, keeps the draw where it outlives Redis, and only then opens the room. All of it gives the same when it is
 * done again, so a driver that dies in the middle is followed by one that begins anew.
 */
export function createRoomDraw(driver: DriverParts, eventId: EventId) {
  const { redis, records, logger } = driver;
  /** As published: while a random value from outside is awaited, they do not change any more. */
  let lists: readonly DrawLane[] | undefined;

  return async function hold(fence: number, lanes: readonly Lane[]): Promise<void> {
    lists ??= await closeLists(driver, eventId, lanes);
    const secret = await records.drawSecret(eventId);
    if (secret === "awaited") return;
    const read = await readMoment(redis, eventId);
    for (const [index, { name }] of lanes.entries()) {
      const list = lists.find(({ lane }) => lane === name);
      if (list !== undefined) await drawLane(redis, { eventId, ...secret }, { index, list });
    }
    const commitment = commitmentOf(secret.seed);
    const drawnAtMs = driver.clock.now();
    await records.keepDraw(eventId, { eventId, commitment, ...secret, lanes: [...lists], drawnAtMs });
    const outcome = await finish(driver, eventId, { fence, ...read, entrants: entrantsOf(lists, lanes) });
    logger.info({ outcome, lanes: lists }, "the lobby is drawn");
    if (outcome !== "forgotten") lists = undefined;
  };
}

/** What Redis has forgotten of the lobby may come back until the end: from here on it is carried over. */
async function readMoment(redis: Redis, eventId: EventId) {
  const keys = roomKeys(eventId);
  const carried = await redis.llen(keys.returned);
  return { carried, incarnation: Number(await redis.hget(keys.settings, "incarnation")) };
}

type Finish = Awaited<ReturnType<typeof readMoment>> & { readonly fence: number; readonly entrants: string };

/** Call by call until all who came back meanwhile have their drawn slots; a call carries more than can come in one. */
async function finish({ redis, driverId }: DriverParts, eventId: EventId, { carried, ...draw }: Finish) {
  const holder = { ...draw, driverId, most: limits.room.turnsPerStep };
  let upTo = carried;
  for (;;) {
    const reply = await roomFinishDraw(redis, roomKeys(eventId), { ...holder, carried: upTo });
    if (reply[0] !== "restored") return reply[0];
    upTo = reply[1];
  }
}

function entrantsOf(lists: readonly DrawLane[], lanes: readonly Lane[]): string {
  return lanes.map(({ name }) => lists.find(({ lane }) => lane === name)?.entrants ?? 0).join(",");
}

/** A draw that was kept before Redis forgot the lobby stays as it was published. */
async function closeLists(
  { redis, records }: DriverParts,
  eventId: EventId,
  lanes: readonly Lane[],
): Promise<readonly DrawLane[]> {
  const kept = await records.findDraw(eventId);
  const published = kept?.lanes ?? (await records.findLists(eventId));
  if (published !== undefined) return published;
  const lists = [];
  for (const [index, lane] of lanes.entries())
    if (lane.drawn > 0) lists.push(await closeList(redis, eventId, index, lane));
  await records.keepLists(eventId, lists);
  return lists;
}
