import type { EventId } from "../foundation/ids.ts";
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
    // What Redis has forgotten of the lobby may come back until the end.
    const restored = Number(await redis.hget(roomKeys(eventId).settings, "restored"));
    for (const [index, { name }] of lanes.entries()) {
      const list = lists.find(({ lane }) => lane === name);
      if (list !== undefined) await drawLane(redis, { eventId, ...secret }, { index, list });
    }
    const commitment = commitmentOf(secret.seed);
    const drawnAtMs = driver.clock.now();
    await records.keepDraw(eventId, { eventId, commitment, ...secret, lanes: [...lists], drawnAtMs });
    const holder = { driverId: driver.driverId, fence, restored };
    const outcome = await roomFinishDraw(redis, roomKeys(eventId), holder);
    logger.info({ outcome, lanes: lists }, "the lobby is drawn");
    if (outcome !== "restored") lists = undefined;
  };
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
