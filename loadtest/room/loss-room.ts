import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../foundation/clock.ts";
import { type EventId, uuidV7 } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { openRoomsKey, roomKeys } from "../../foundation/redis/keys.ts";
import { createShardedChannels } from "../../foundation/redis/sharded-channels.ts";
import { createTokens } from "../../foundation/tokens.ts";
import { createRoomControl } from "../../queue-admission/room-control.ts";
import { createRoomDriver } from "../../queue-admission/room-driver.ts";
import type { RoomSettings } from "../../queue-admission/room-settings.ts";
import { createRoomWatches } from "../../queue-admission/room-watch.ts";
import { createRooms } from "../../queue-admission/rooms.ts";
import { createTestRecords } from "../../queue-admission/test-records.ts";
import { identityAt } from "./identities.ts";
import { forMany } from "./many.ts";
import { silent } from "./room-server.ts";

export type Receipt = { readonly identity: string; readonly number: number; readonly receipt: string };

const atOnce = 512;
const retryMs = 50;
const withinMs = 60_000;

/** A room with a driver and a gateway in this process; what outlives Redis is in its memory. */
export async function openLossRoom(redis: Redis, settings: RoomSettings) {
  const eventId = uuidV7(Date.now()) as EventId;
  const records = createTestRecords();
  const parts = { redis, clock: systemClock, logger: silent };
  const control = createRoomControl(parts);
  const tokens = createTokens("a secret of the bench, long enough to sign");
  const rooms = createRooms({ ...parts, tokens });
  await control.configure(eventId, settings);
  const driver = createRoomDriver({ ...parts, driverId: "driver-of-the-loss", records });
  const channels = createShardedChannels(redis);
  const watches = createRoomWatches({ ...parts, channels, gatewayId: "gateway-of-the-loss" });
  const watch = await watches.open(eventId);
  driver.start();

  async function join(index: number): Promise<Receipt> {
    const identity = identityAt(index);
    const deadline = performance.now() + withinMs;
    while (performance.now() < deadline) {
      const joined = await rooms.join(eventId, { identity });
      if (joined.outcome === "joined" && joined.standing.outcome === "waiting") {
        const { number } = joined.standing;
        watch.presence.enter(0, number);
        return { identity, number, receipt: joined.receipt };
      }
      // Until the driver has seen to it that no number can come twice.
      if (joined.outcome !== "busy") throw new Error(`a join was ${joined.outcome}`);
      await pause(retryMs);
    }
    throw new Error("nobody may join any more");
  }

  return {
    async joinMany(first: number, count: number): Promise<Receipt[]> {
      const receipts: Receipt[] = [];
      await forMany(
        Array.from({ length: count }, (_, at) => first + at),
        atOnce,
        async (index) => {
          receipts.push(await join(index));
        },
      );
      return receipts;
    },
    async restoreAll(receipts: readonly Receipt[]): Promise<number> {
      let restored = 0;
      await forMany(receipts, atOnce, async ({ identity, receipt }) => {
        if ((await rooms.restore(eventId, { identity }, receipt)).outcome === "restored") restored += 1;
      });
      return restored;
    },
    /** The number that each has now; nothing where the place is gone. */
    async numbers(receipts: readonly Receipt[]): Promise<Map<string, number | undefined>> {
      const numbers = new Map<string, number | undefined>();
      await forMany(receipts, atOnce, async ({ identity }) => {
        const standing = await rooms.standing(eventId, { identity });
        numbers.set(identity, "number" in standing ? standing.number : undefined);
      });
      return numbers;
    },
    /** Settles when somebody is let in. */
    nextTurn(): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const end = watch.listen((news) => {
        if (news.kind === "turns") resolve();
      });
      return promise.then(end);
    },
    /** What the worker does for a room that Redis does not have. */
    async publishAgain(): Promise<void> {
      await control.configure(eventId, settings, { marks: records.marks });
    },
    untilKept: () => untilKept(() => records.marks?.lanes[0]?.last ?? 0, redis, eventId),
    async stop() {
      await driver.stop();
      await watches.stop();
      await redis.srem(openRoomsKey, eventId);
    },
  };
}

async function untilKept(kept: () => number, redis: Redis, eventId: EventId): Promise<void> {
  const lanes = (await redis.hget(roomKeys(eventId).settings, "lanes")) ?? "";
  while (kept() < Number(lanes.split(" ")[0])) await pause(retryMs);
}
