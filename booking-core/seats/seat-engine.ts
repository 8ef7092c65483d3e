import type { Clock } from "../../foundation/clock.ts";
import type { BookingId, EventId, SectionId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { seatsMark } from "../../lua/generated.ts";
import type { Claim, ClaimOutcome, LiveHold, SectionSnapshot } from "./claim.ts";
import { createClaimQueues } from "./claim-queues.ts";
import { type Hold, parseHold } from "./hold.ts";
import { createHoldEnds, type Shrinking, type UnpaidHold } from "./hold-ends.ts";
import type { LoadableSection } from "./loadable-section.ts";
import type { SeatClass } from "./seat-bytes.ts";
import { readCounts, type SectionCounts } from "./section-counts.ts";
import { loadSeats, readSnapshot } from "./section-state.ts";

export type SeatEngine = {
  /** Claims of one section that arrive together share a call of the script. */
  claim(claim: Claim): Promise<ClaimOutcome>;
  /** Frees the seats of these bookings, whatever their state: Postgres says that they have ended. May be repeated. */
  release(eventId: EventId, sectionId: SectionId, bookingIds: readonly BookingId[]): Promise<void>;
  /**
   * Who was given these unpaid holds by a claim does not want them: each is free when nobody is left who was given it.
   * May be repeated.
   */
  leave(eventId: EventId, sectionId: SectionId, holds: readonly UnpaidHold[]): Promise<void>;
  /** Frees the seats of these unpaid holds, whoever was given them; not where a claim was given one since. */
  undo(eventId: EventId, sectionId: SectionId, holds: readonly UnpaidHold[]): Promise<void>;
  /** Makes the held seats of these bookings sold. May be repeated. */
  confirm(eventId: EventId, sectionId: SectionId, bookingIds: readonly BookingId[]): Promise<void>;
  /** Gives some places of live bookings back. May be repeated. */
  shrink(eventId: EventId, sectionId: SectionId, entries: readonly Shrinking[]): Promise<void>;
  /** Says what seats are for. Free ones change at once, and others keep their state. */
  mark(
    eventId: EventId,
    sectionId: SectionId,
    marks: readonly (readonly [seatNumber: number, seatClass: SeatClass])[],
  ): Promise<"marked" | "section_missing">;
  /** To be read before Postgres is read for `load`. */
  endsSoFar(eventId: EventId, sectionId: SectionId): Promise<number>;
  /**
   * Builds the section from Postgres' truth, and catches up with what has ended since `endsSoFar`. `moved` where
   * that cannot be told any more, or another has built it since: read again.
   */
  load(section: LoadableSection, live: readonly LiveHold[], endsSoFar: number): Promise<"loaded" | "moved">;
  isLoaded(eventId: EventId, sectionId: SectionId): Promise<boolean>;
  /** Greater each time that it was built. */
  epochOf(eventId: EventId, sectionId: SectionId): Promise<number | undefined>;
  snapshot(eventId: EventId, sectionId: SectionId): Promise<SectionSnapshot | undefined>;
  /** Of each of these sections; all are read at once. */
  counts(eventId: EventId, sectionIds: readonly SectionId[]): Promise<(SectionCounts | undefined)[]>;
  holds(eventId: EventId, sectionId: SectionId): Promise<Hold[]>;
  /** Unpaid holds that were made, or given again, in this span of time. */
  unpaidHolds(eventId: EventId, sectionId: SectionId, fromMs: number, untilMs: number): Promise<UnpaidHold[]>;
};

export function createSeatEngine(parts: { redis: Redis; clock: Clock }): SeatEngine {
  const { redis } = parts;
  return {
    ...createClaimQueues(parts),
    ...createHoldEnds(redis),
    mark: async (eventId, sectionId, marks) => {
      if (marks.length === 0) return "marked";
      const list = marks.map(([number, seatClass]) => `${number}=${seatClass}`).join();
      const answer = await seatsMark(redis, sectionKeys(eventId, sectionId), { marks: list });
      if (answer === "seats_unknown")
        throw new Error(`section ${sectionId} has not all of the seats ${list}`);
      return answer;
    },
    endsSoFar: async (eventId, sectionId) =>
      Number((await redis.hget(sectionKeys(eventId, sectionId).meta, "ends")) ?? 0),
    load: (section, live, endsSoFar) => loadSeats(parts, section, live, endsSoFar),
    isLoaded: async (eventId, sectionId) =>
      (await redis.hexists(sectionKeys(eventId, sectionId).meta, "kind")) === 1,
    epochOf: async (eventId, sectionId) => {
      const epoch = await redis.hget(sectionKeys(eventId, sectionId).meta, "epoch");
      return epoch === null ? undefined : Number(epoch);
    },
    snapshot: (eventId, sectionId) => readSnapshot(redis, eventId, sectionId),
    counts: (eventId, sectionIds) => Promise.all(sectionIds.map((id) => readCounts(redis, eventId, id))),
    holds: async (eventId, sectionId) => {
      const found = await redis.hgetall(sectionKeys(eventId, sectionId).holds);
      return Object.entries(found).map(([bookingId, text]) => parseHold(bookingId as BookingId, text));
    },
    unpaidHolds: (eventId, sectionId, fromMs, untilMs) =>
      readUnpaid(redis, sectionKeys(eventId, sectionId).unpaid, fromMs, untilMs),
  };
}

async function readUnpaid(redis: Redis, key: string, fromMs: number, untilMs: number): Promise<UnpaidHold[]> {
  const found = await redis.zrangebyscore(key, fromMs, untilMs, "WITHSCORES");
  return Array.from({ length: found.length / 2 }, (_, index) => ({
    bookingId: found[2 * index] as BookingId,
    heldAtMs: Number(found[2 * index + 1]),
  }));
}
