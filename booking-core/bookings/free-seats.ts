import type { Clock } from "../../foundation/clock.ts";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import type { OnsaleEvent } from "../events/event.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";

/** How many seats were free in each segment of each section a moment ago. */
export type FreeCounts = ReadonlyMap<SectionId, readonly number[]>;
export type FreeSeats = { of(event: OnsaleEvent): Promise<FreeCounts> };

type Known = { readonly atMs: number; readonly counts: Promise<FreeCounts> };

/** Those who ask for any section choose by numbers that are as old as this; nobody else costs Redis a reading. */
const freshMs = 100;

/**
 * Read from Redis at most ten times a second for an event, and only while somebody asks. To hear of every claim
 * instead would cost a process a message for each; at 5,000 claims a second that is dearer than these readings.
 */
export function createFreeSeats({ seats, clock }: { seats: SeatEngine; clock: Clock }): FreeSeats {
  const known = new Map<EventId, Known>();
  return {
    of(event) {
      const nowMs = clock.now();
      const last = known.get(event.id);
      if (last !== undefined && nowMs - last.atMs < freshMs) return last.counts;
      const reading = { atMs: nowMs, counts: read(seats, event) };
      known.set(event.id, reading);
      reading.counts.catch(() => known.delete(event.id));
      return reading.counts;
    },
  };
}

/** A section that is not loaded counts as free: the claim will load it. */
async function read(seats: SeatEngine, { id, sections }: OnsaleEvent): Promise<FreeCounts> {
  const counts = await seats.counts(
    id,
    sections.map((section) => section.id),
  );
  return new Map(
    sections.map((section, index): [SectionId, readonly number[]] => [
      section.id,
      counts[index]?.free ?? section.segments.map(() => section.capacity),
    ]),
  );
}
