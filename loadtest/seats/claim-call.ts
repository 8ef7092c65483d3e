/** The one place that knows how a section and a claim look to the engine. */
import type { Claim } from "../../booking-core/seats/claim.ts";
import type { LoadableSection } from "../../booking-core/seats/loadable-section.ts";
import { createSeatEngine, type SeatEngine } from "../../booking-core/seats/seat-engine.ts";
import { best, claimOf, newBookingId, seatedSection } from "../../booking-core/seats/test-section.ts";
import { systemClock } from "../../foundation/clock.ts";
import type { BookingId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import type { ScriptCall } from "../bench/redis-benchmark.ts";

const seatsPerRow = 50;
const paymentWindowMs = 900_000;
/** As long as a real one. */
const requestHash = "a-hash-of-22-characters".slice(0, 22);
/** redis-benchmark puts twelve digits in the place of each word: together as long as a booking's id. */
const randomBookingId = "__rand_int__".repeat(3) as BookingId;

export async function loadSections(seats: SeatEngine, count: number, seatsEach: number): Promise<LoadableSection[]> {
  const rows = Array.from({ length: seatsEach / seatsPerRow }, (_, row) => rowAt(row));
  const sections = Array.from({ length: count }, () => seatedSection(rows));
  for (const section of sections) await seats.load(section, [], 0);
  return sections;
}

/** The best four rows alike, then the next; best in the middle. */
function rowAt(row: number) {
  return { seats: seatsPerRow, rank: Math.min(255, Math.floor(row / 4)), centre: seatsPerRow / 2 };
}

export function newClaim(section: LoadableSection, quantity: number, bookingId = newBookingId()): Claim {
  const deadlineMs = Date.now() + paymentWindowMs;
  return { ...claimOf(section, best(quantity), bookingId, requestHash), deadlineMs };
}

/** What the engine sends for one claim, word for word, but with another booking each time that it is sent. */
export async function scriptCallOf(section: LoadableSection, quantity: number): Promise<ScriptCall> {
  const { promise, resolve } = Promise.withResolvers<ScriptCall>();
  const evalsha = (sha: string, count: number, ...words: (string | number)[]) => {
    const texts = words.map(String);
    resolve({ sha, keys: texts.slice(0, count), args: texts.slice(count) });
    return Promise.resolve("section_missing");
  };
  const recorder = createSeatEngine({ redis: { evalsha } as unknown as Redis, clock: systemClock });
  const [call] = await Promise.all([promise, recorder.claim(newClaim(section, quantity, randomBookingId))]);
  return call;
}
