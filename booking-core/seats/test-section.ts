import { randomUUID } from "node:crypto";
import type { Clock } from "../../foundation/clock.ts";
import type { BookingId, EventId, SectionId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import type { Claim, Wish } from "./claim.ts";
import type { LoadableSection } from "./loadable-section.ts";
import { createSeatEngine, type SeatEngine } from "./seat-engine.ts";

/** A section of its own for a test, loaded and empty. */
export type TestSection = {
  readonly seats: SeatEngine;
  readonly section: LoadableSection;
  claim(wish: Wish, bookingId?: BookingId, requestHash?: string): ReturnType<SeatEngine["claim"]>;
  /** A byte a seat. */
  states(): Promise<string>;
  ends(): Promise<number>;
};

type Block = LoadableSection["blocks"][number];

export async function loadTestSection(
  redis: Redis,
  blocks: readonly (number | Partial<Block>)[],
  marks: LoadableSection["marks"] = [],
  clock?: Clock,
): Promise<TestSection> {
  return loadSection(redis, seatedSection(blocks, marks), clock);
}

export async function loadStandingSection(redis: Redis, capacity: number): Promise<TestSection> {
  return loadSection(redis, standingSection(capacity));
}

export async function loadSection(
  redis: Redis,
  section: LoadableSection,
  clock: Clock = { now: () => 1_000_000 },
): Promise<TestSection> {
  const seats = createSeatEngine({ redis, clock });
  await seats.load(section, [], 0);
  return {
    seats,
    section,
    claim: (wish, bookingId = newBookingId(), requestHash = "hash") =>
      seats.claim(claimOf(section, wish, bookingId, requestHash)),
    states: async () => (await seats.snapshot(section.eventId, section.id))?.seats ?? "",
    ends: () => seats.endsSoFar(section.eventId, section.id),
  };
}

export function newBookingId(): BookingId {
  return randomUUID() as BookingId;
}

type Place = { readonly id: SectionId; readonly eventId: EventId };

export function claimOf(section: Place, wish: Wish, bookingId: BookingId, requestHash = "hash"): Claim {
  const { eventId, id } = section;
  return { eventId, sectionId: id, bookingId, requestHash, wish, deadlineMs: 2_000_000 };
}

/** Blocks by their counts of seats, or with what else is to be said of them: else all are equally good. */
export function seatedSection(
  described: readonly (number | Partial<Block>)[],
  marks: LoadableSection["marks"] = [],
): LoadableSection {
  const blocks = described.map((block): Block => {
    const {
      seats = 1,
      segment = 0,
      rank = 0,
      centre = 0,
    } = typeof block === "number" ? { seats: block } : block;
    return { seats, segment, rank, centre };
  });
  const segments = [...new Set(blocks.map(({ segment }) => segment))].map((segment) => ({
    firstBlock: blocks.findIndex((block) => block.segment === segment),
    blocks: blocks.filter((block) => block.segment === segment).length,
  }));
  const capacity = blocks.reduce((sum, { seats }) => sum + seats, 0);
  return { ...newPlace(), kind: "seated", capacity, blocks, segments, marks };
}

export function standingSection(capacity: number): LoadableSection {
  const segments = [{ firstBlock: 0, blocks: 0 }];
  return { ...newPlace(), kind: "standing", capacity, blocks: [], segments, marks: [] };
}

export function newPlace(): Place {
  return { id: randomUUID() as SectionId, eventId: randomUUID() as EventId };
}

/** Each segment is of another category, or they are given by categories. */
export const best = (quantity: number, segments: readonly (number | readonly number[])[] = [0]): Wish => ({
  mode: "best-available",
  quantity,
  least: quantity,
  segments: segments.map((category) => (typeof category === "number" ? [category] : category)),
});

export const manual = (...seatNumbers: number[]): Wish => ({
  mode: "manual",
  seatNumbers,
  least: seatNumbers.length,
  allowsSingles: true,
});
