import type { EventId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import { roomVisit } from "../../lua/generated.ts";
import { parseLanes } from "../../queue-admission/lanes.ts";
import { createPresence } from "../../queue-admission/presence.ts";
import { type StepOrders, type StepReply, stepRoom, takeLease } from "../../queue-admission/room-lease.ts";
import { identityAt } from "./identities.ts";
import type { RoomServer } from "./room-server.ts";

/** A room whose time goes on only by steps. */
export type SteppedRoom = {
  readonly eventId: EventId;
  /** As many more places as there were numbers; nothing of a gateway takes part. */
  fill(count: number): Promise<void>;
  step(orders?: Partial<StepOrders>): Promise<Stepped>;
  /** What the gateways say of those who are here. */
  report(present: PresentCrowd): Promise<void>;
};

export type Stepped = Extract<StepReply, readonly ["stepped", ...unknown[]]>;

export type PresentCrowd = {
  /** Everybody stands at one of so many. */
  readonly gateways: number;
  readonly absentShare: number;
};

/** Steps as fast as may be. */
const orders: StepOrders = {
  ratePerMinute: 1_000_000,
  freeSeats: undefined,
  soldOut: false,
  reserve: [],
  about: "",
};

const placesAtOnce = 500;

/** `filled`: so many of the bench's identities have joined before. */
export function steppedRoom({ redis }: RoomServer, eventId: EventId, filled = 0): SteppedRoom {
  const clock = { nowMs: Date.now(), now: () => clock.nowMs };
  const keys = roomKeys(eventId);
  const holder = { redis, clock, driverId: "driver-of-the-bench" };
  let joined = filled;
  return {
    eventId,
    async fill(count) {
      const upTo = joined + count;
      while (joined < upTo) {
        const some = Math.min(placesAtOnce, upTo - joined);
        const visits = Array.from({ length: some }, (_, at) => [identityAt(joined + at), 1, "", "", 0]);
        await roomVisit(redis, keys, { visits: JSON.stringify(visits), nowMs: clock.nowMs });
        joined += some;
      }
    },
    async step(changes = {}) {
      clock.nowMs = Math.max(clock.nowMs, Date.now()) + limits.room.stepMs;
      const fence = await takeLease(holder, eventId);
      if (fence === undefined) throw new Error("another driver has the lease");
      const reply = await stepRoom(holder, eventId, fence, { ...orders, ...changes });
      if (reply[0] !== "stepped") throw new Error(`the step was ${reply[0]}`);
      return reply;
    },
    async report({ gateways, absentShare }) {
      const served = parseLanes((await redis.hget(keys.settings, "lanes")) ?? "", "general")[0]?.served ?? 0;
      const bounds = { window: limits.room.presenceWindow, below: limits.room.presenceBelow };
      const present = Array.from({ length: gateways }, () => createPresence(bounds));
      for (let number = served + 1; number <= served + bounds.window; number += 1)
        if (Math.random() >= absentShare) present[Math.floor(Math.random() * gateways)]?.enter(0, number);
      const until = clock.nowMs + 60_000;
      await redis.del(keys.reports);
      for (const [index, presence] of present.entries()) {
        const text = `${until}\n${presence.size()}\n${presence.describe([served], clock.nowMs)}\n`;
        await redis.hset(keys.reports, `gateway-${index}`, text);
      }
    },
  };
}
