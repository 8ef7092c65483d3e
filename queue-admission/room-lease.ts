import type { Clock } from "../foundation/clock.ts";
import type { EventId } from "../foundation/ids.ts";
import { limits } from "../foundation/limits.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { roomHandBackLease, roomStep, roomTakeLease } from "../lua/generated.ts";

/** Who drives: with `driverId` the lease is held, and with its fencing number a driver that lost it is refused. */
export type Leaseholder = {
  readonly redis: Redis;
  readonly clock: Clock;
  readonly driverId: string;
  /** How far the clock may be from the time of Redis; nothing where a test has a time of its own. */
  readonly clockSkewMs?: number | undefined;
};

export type StepReply = Awaited<ReturnType<typeof roomStep>>;

/** What the driver decides for a step. */
export type StepOrders = {
  readonly ratePerMinute: number;
  /** Nothing where nobody knows. */
  readonly freeSeats: number | undefined;
  readonly soldOut: boolean;
  /** The highest number of each lane that may be given, once it is kept; empty where nothing changes. */
  readonly reserve: readonly number[];
  /** Goes out with the ticks. */
  readonly about: string;
};

const { leaseMs, stepMs, turnsPerStep, numbersPerStep } = limits.room;

/** A step that comes late makes up for one that was missed; more would be a burst. */
export const flowMs = 2 * stepMs;

/** A room is never silent for longer than this and a step, a second together. */
export const tickMs = 1_000 - 1.25 * stepMs;

/** The fencing number, or nothing while another process drives the room. */
export async function takeLease(holder: Leaseholder, eventId: EventId): Promise<number | undefined> {
  const { redis, driverId } = holder;
  const reply = await roomTakeLease(redis, roomKeys(eventId), { driverId, leaseMs });
  return reply[0] === "taken" ? reply[1] : undefined;
}

/** Moves the room on by one step and renews the lease. */
export function stepRoom(
  holder: Leaseholder,
  eventId: EventId,
  fence: number,
  orders: StepOrders,
): Promise<StepReply> {
  const { redis, clock, driverId } = holder;
  return roomStep(redis, roomKeys(eventId), {
    driverId,
    fence,
    leaseMs,
    nowMs: clock.now(),
    flowMs,
    turnsMost: turnsPerStep,
    scanMost: numbersPerStep,
    tickMs,
    ratePerMinute: orders.ratePerMinute,
    freeSeats: orders.freeSeats ?? -1,
    soldOut: Number(orders.soldOut),
    reserve: orders.reserve.join(","),
    about: orders.about,
    skewMost: holder.clockSkewMs ?? 0,
  });
}

export async function handBackLease(holder: Leaseholder, eventId: EventId): Promise<void> {
  const { redis, driverId } = holder;
  await roomHandBackLease(redis, roomKeys(eventId), { driverId });
}
