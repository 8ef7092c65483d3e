import { randomUUID } from "node:crypto";
import type { Clock } from "../../foundation/clock.ts";
import type { BookingId, EventId, OfferId, SectionId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import type { Section } from "../events/event.ts";
import type { Claim, Wish } from "./claim.ts";
import { createSeatEngine, type SeatEngine } from "./seat-engine.ts";

/** A section of its own for a test, loaded and empty. */
export type TestSection = {
  readonly seats: SeatEngine;
  readonly section: Section;
  claim(wish: Wish, bookingId?: BookingId, requestHash?: string): ReturnType<SeatEngine["claim"]>;
  states(): Promise<string>;
  ends(): Promise<number>;
};

export async function loadTestSection(
  redis: Redis,
  rows: readonly number[],
  clock?: Clock,
): Promise<TestSection> {
  const section = seatedSection(rows);
  return loadSection(redis, section, clock);
}

export async function loadStandingSection(redis: Redis, capacity: number): Promise<TestSection> {
  return loadSection(redis, { ...seatedSection([]), kind: "standing", capacity });
}

async function loadSection(
  redis: Redis,
  section: Section,
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

export function claimOf(section: Section, wish: Wish, bookingId: BookingId, requestHash = "hash"): Claim {
  return {
    eventId: section.eventId,
    sectionId: section.id,
    bookingId,
    requestHash,
    wish,
    deadlineMs: 2_000_000,
  };
}

export function seatedSection(rows: readonly number[]): Section {
  return {
    id: randomUUID() as SectionId,
    eventId: randomUUID() as EventId,
    name: "A",
    kind: "seated",
    capacity: rows.reduce((sum, seats) => sum + seats, 0),
    rows: rows.map((seats, index) => ({ label: String(index + 1), seats })),
    offer: {
      id: randomUUID() as OfferId,
      category: "standard",
      price: { amountMinor: 4_500n, currency: "EUR" },
      maxPerBooking: 10,
      salesFromMs: 0,
      salesUntilMs: Number.MAX_SAFE_INTEGER,
    },
  };
}

export const best = (quantity: number): Wish => ({ mode: "best-available", quantity });
export const manual = (...seatNumbers: number[]): Wish => ({ mode: "manual", seatNumbers });
