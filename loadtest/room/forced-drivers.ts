import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../foundation/clock.ts";
import type { EventId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { openRoomsKey, roomKeys } from "../../foundation/redis/keys.ts";
import { handBackLease, type StepOrders, stepRoom, takeLease } from "../../queue-admission/room-lease.ts";

export type Forced = { readonly takeovers: number; readonly refused: number };

/** Out of step with the drivers that die. */
const everyMs = 1_300;

const orders: StepOrders = {
  ratePerMinute: 60_000,
  freeSeats: undefined,
  soldOut: false,
  reserve: [],
  about: "",
};

/**
 * Takes the lease of every room away from whoever has it, drives on with it, and gives it back; then it steps once
 * more, as a driver does that did not notice. Until it is stopped.
 */
export function forceDrivers(redis: Redis): { stop(): Promise<Forced> } {
  const ended = new AbortController();
  const seen = { takeovers: 0, refused: 0 };
  const holder = { redis, clock: systemClock, driverId: "driver-by-force" };

  async function force(eventId: EventId): Promise<void> {
    await redis.del(roomKeys(eventId).lease);
    const fence = await takeLease(holder, eventId);
    if (fence === undefined) return;
    seen.takeovers += 1;
    await stepRoom(holder, eventId, fence, orders);
    await handBackLease(holder, eventId);
    // By then another one drives.
    await pause(everyMs / 2);
    const late = await stepRoom(holder, eventId, fence, orders);
    if (late[0] === "fenced") seen.refused += 1;
  }

  async function run(): Promise<void> {
    while (!ended.signal.aborted) {
      await pause(everyMs / 2);
      for (const eventId of await redis.smembers(openRoomsKey)) await force(eventId as EventId);
    }
  }

  const running = run();
  return {
    async stop() {
      ended.abort();
      await running;
      return seen;
    },
  };
}
