import type { Clock } from "../../foundation/clock.ts";
import type { BookingId, EventId, SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { seatsEnd, seatsLoad, seatsSnapshot } from "../../lua/generated.ts";
import type { Section } from "../events/event.ts";
import type { Claim, ClaimOutcome, LiveHold, SectionSnapshot } from "./claim.ts";
import { createClaimQueues } from "./claim-queues.ts";
import { type Hold, parseHold } from "./hold.ts";
import { countSection, type SectionCounts } from "./section-counts.ts";

export type SeatEngine = {
  /** Claims of one section that arrive together share a call of the script. */
  claim(claim: Claim): Promise<ClaimOutcome>;
  /** Frees the seats of these bookings, whatever their state. May be repeated. */
  release(eventId: EventId, sectionId: SectionId, bookingIds: readonly BookingId[]): Promise<void>;
  /** Makes the held seats of these bookings sold. May be repeated. */
  confirm(eventId: EventId, sectionId: SectionId, bookingIds: readonly BookingId[]): Promise<void>;
  /** To be read before Postgres is read for `load`. */
  endsSoFar(eventId: EventId, sectionId: SectionId): Promise<number>;
  /**
   * Builds the section from Postgres' truth, and catches up with what has ended since `endsSoFar`. `moved` where
   * that cannot be told any more, or another has built it since: read again.
   */
  load(section: Section, live: readonly LiveHold[], endsSoFar: number): Promise<"loaded" | "moved">;
  isLoaded(eventId: EventId, sectionId: SectionId): Promise<boolean>;
  snapshot(eventId: EventId, sectionId: SectionId): Promise<SectionSnapshot | undefined>;
  /** Of each of these sections; all are read at once. */
  counts(eventId: EventId, sectionIds: readonly SectionId[]): Promise<(SectionCounts | undefined)[]>;
  holds(eventId: EventId, sectionId: SectionId): Promise<Hold[]>;
  /** Unpaid holds that were made in this span of time. */
  unpaidHolds(eventId: EventId, sectionId: SectionId, fromMs: number, untilMs: number): Promise<BookingId[]>;
};

export function createSeatEngine(parts: { redis: Redis; clock: Clock }): SeatEngine {
  const { redis, clock } = parts;
  const queues = createClaimQueues(parts);
  const end = async (
    action: "release" | "confirm",
    eventId: EventId,
    sectionId: SectionId,
    ids: readonly BookingId[],
  ) => {
    if (ids.length > 0)
      await seatsEnd(redis, sectionKeys(eventId, sectionId), { action, bookingIds: JSON.stringify(ids) });
  };
  return {
    claim: queues.claim,
    release: (eventId, sectionId, ids) => end("release", eventId, sectionId, ids),
    confirm: (eventId, sectionId, ids) => end("confirm", eventId, sectionId, ids),
    endsSoFar: async (eventId, sectionId) =>
      Number((await redis.hget(sectionKeys(eventId, sectionId).meta, "ends")) ?? 0),
    load: (section, live, endsSoFar) => load(redis, clock, section, live, endsSoFar),
    isLoaded: async (eventId, sectionId) =>
      (await redis.hexists(sectionKeys(eventId, sectionId).meta, "kind")) === 1,
    snapshot: (eventId, sectionId) => snapshot(redis, eventId, sectionId),
    counts: (eventId, sectionIds) => Promise.all(sectionIds.map((id) => countSection(redis, eventId, id))),
    holds: async (eventId, sectionId) => {
      const found = await redis.hgetall(sectionKeys(eventId, sectionId).holds);
      return Object.entries(found).map(([bookingId, text]) => parseHold(bookingId as BookingId, text));
    },
    unpaidHolds: async (eventId, sectionId, fromMs, untilMs) =>
      (await redis.zrangebyscore(sectionKeys(eventId, sectionId).unpaid, fromMs, untilMs)) as BookingId[],
  };
}

async function load(redis: Redis, clock: Clock, section: Section, live: readonly LiveHold[], ends: number) {
  const { kind, capacity, rows } = section;
  const holds = live.map((hold) => [
    hold.bookingId,
    hold.state,
    hold.deadlineMs,
    hold.requestHash,
    hold.quantity,
    hold.seatNumbers,
  ]);
  const [outcome] = await seatsLoad(redis, sectionKeys(section.eventId, section.id), {
    nowMs: clock.now(),
    keepMs: limits.booking.orphanHoldMs,
    ends,
    section: JSON.stringify({ kind, capacity, rows: rows.map((row) => row.seats) }),
    live: JSON.stringify(holds),
  });
  return outcome;
}

async function snapshot(
  redis: Redis,
  eventId: EventId,
  sectionId: SectionId,
): Promise<SectionSnapshot | undefined> {
  const answer = await seatsSnapshot(redis, sectionKeys(eventId, sectionId));
  if (answer === "section_missing") return undefined;
  const [version, free, seats] = answer;
  return { version: Number(version), free: Number(free), seats };
}
