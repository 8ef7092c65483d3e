import type { Clock } from "../../foundation/clock.ts";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Section } from "../events/event.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";

/** How many seats are free in each segment of each section, a moment ago. */
export type FreeCounts = ReadonlyMap<SectionId, readonly number[]>;
export type FreeSeats = { of(eventId: EventId, sections: readonly Section[]): Promise<FreeCounts> };

type Known = { readonly atMs: number; readonly counts: Promise<readonly number[]> };

/** Those who ask for any section choose by numbers that are as old as this. */
const freshMs = 100;

/**
 * Read from Redis at most ten times a second for a section, and only for those that somebody could get. To hear of
 * every claim instead would cost a process a message for each; at 5,000 claims a second that is dearer.
 */
export function createFreeSeats({ seats, clock }: { seats: SeatEngine; clock: Clock }): FreeSeats {
  const known = new Map<SectionId, Known>();

  function read(eventId: EventId, sections: readonly Section[], nowMs: number): void {
    const all = seats.counts(
      eventId,
      sections.map(({ id }) => id),
    );
    for (const [index, section] of sections.entries()) {
      // A section that is not loaded counts as free: the claim will load it.
      const counts = all.then((found) => found[index]?.free ?? section.segments.map(() => section.capacity));
      counts.catch(() => known.delete(section.id));
      known.set(section.id, { atMs: nowMs, counts });
    }
  }

  return {
    async of(eventId, sections) {
      const nowMs = clock.now();
      if (known.size > limits.booking.sectionsCounted) known.clear();
      const old = sections.filter(({ id }) => nowMs - (known.get(id)?.atMs ?? 0) >= freshMs);
      if (old.length > 0) read(eventId, old, nowMs);
      // Taken before anything is waited for: another request may clear what is known meanwhile.
      const counts = sections.map(async ({ id }) => [id, (await known.get(id)?.counts) ?? []] as const);
      return new Map(await Promise.all(counts));
    },
  };
}
