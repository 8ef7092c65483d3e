/** The one place that knows how a section and a claim look to the engine. */
import type { Claim } from "../../booking-core/seats/claim.ts";
import type { LoadableSection } from "../../booking-core/seats/loadable-section.ts";
import type { SeatEngine } from "../../booking-core/seats/seat-engine.ts";
import {
  best,
  claimOf,
  newBookingId,
  newPlace,
  seatedSection,
} from "../../booking-core/seats/test-section.ts";
import type { SectionId } from "../../foundation/ids.ts";

const seatsPerRow = 50;
const paymentWindowMs = 900_000;
/** As long as a real one. */
const requestHash = "a-hash-of-22-characters".slice(0, 22);
/** How a section's id ends: with its number, as redis-benchmark writes one. */
const digits = 12;

export type Place = Pick<LoadableSection, "id" | "eventId">;

/** Sections of one event, whose ids end with their numbers from zero on. */
export function placesOf({ id, eventId }: Place, count: number): Place[] {
  const idOf = (number: number) =>
    `${id.slice(0, -digits)}${String(number).padStart(digits, "0")}` as SectionId;
  return Array.from({ length: count }, (_, number) => ({ eventId, id: idOf(number) }));
}

/** The sections of one event; at least one. */
export async function loadSections(
  seats: SeatEngine,
  count: number,
  seatsEach: number,
): Promise<[LoadableSection, ...LoadableSection[]]> {
  const rows = Array.from({ length: seatsEach / seatsPerRow }, (_, row) => rowAt(row));
  const sections = placesOf(newPlace(), count).map((place) => ({ ...seatedSection(rows), ...place }));
  for (const section of sections) await seats.load(section, [], 0);
  const [first, ...others] = sections;
  if (first === undefined) throw new Error(`${count} sections`);
  return [first, ...others];
}

/** The best four rows alike, then the next; best in the middle. */
function rowAt(row: number) {
  return { seats: seatsPerRow, rank: Math.min(255, Math.floor(row / 4)), centre: seatsPerRow / 2 };
}

export function newClaim(place: Place, quantity: number, bookingId = newBookingId()): Claim {
  const deadlineMs = Date.now() + paymentWindowMs;
  return { ...claimOf(place, best(quantity), bookingId, requestHash), deadlineMs };
}
