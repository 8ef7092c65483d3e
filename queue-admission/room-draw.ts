import type { EventId } from "../foundation/ids.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { roomFinishDraw } from "../lua/generated.ts";
import { commitmentOf } from "./draw/draw-protocol.ts";
import { drawLane, type LobbyOfLane, readLobby } from "./draw-lane.ts";
import type { DriverParts } from "./driver-parts.ts";
import type { Lane } from "./lanes.ts";

/**
 * Draws the lobby of a room: reads who is in it, publishes the lists' roots, shuffles, writes the numbers and the
 * line, keeps the draw where it outlives Redis, and only then opens the room. All of it gives the same when it is
 * done again, so a driver that dies in the middle is followed by one that begins anew.
 */
export function createRoomDraw(driver: DriverParts, eventId: EventId) {
  /** Read once: while a random value from outside is awaited, it does not change any more. */
  let lobby: LobbyOfLane[] | undefined;

  /** A draw that was kept before Redis forgot the lobby stays as it was published. */
  async function closeLists(lanes: readonly Lane[]): Promise<LobbyOfLane[]> {
    const kept = await driver.records.findDraw(eventId);
    const read = [];
    for (const [index, lane] of lanes.entries()) {
      const list = kept?.lanes.find((known) => known.lane === lane.name);
      if (lane.drawn > 0) read.push(await readLobby(driver.redis, eventId, index, lane, list));
    }
    const lists = read.map(({ list }) => list);
    if (kept === undefined) await driver.records.keepLists(eventId, lists);
    return read;
  }

  return async function hold(fence: number, lanes: readonly Lane[]): Promise<void> {
    lobby ??= await closeLists(lanes);
    const secret = await driver.records.drawSecret(eventId);
    if (secret === "awaited") return;
    const { redis, clock, driverId, records, logger } = driver;
    for (const lane of lobby) await drawLane(redis, { eventId, ...secret }, lane);
    const lists = lobby.map(({ list }) => list);
    const commitment = commitmentOf(secret.seed);
    await records.keepDraw(eventId, { eventId, commitment, ...secret, lanes: lists, drawnAtMs: clock.now() });
    const outcome = await roomFinishDraw(redis, roomKeys(eventId), { driverId, fence });
    lobby = undefined;
    logger.info({ outcome, lanes: lists }, "the lobby is drawn");
  };
}
