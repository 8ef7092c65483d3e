import type { BookingId, EventId, SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Catalogue } from "../events/catalogue.ts";
import { applyHolds, type BookingJobParts } from "./jobs.ts";

/**
 * A hold whose gateway died before the commit has no booking. Each hold is looked at once, when it is old enough
 * for its commit to have come or not: an orphan is released; a booking's hold is brought to the booking's state.
 */
export function createOrphanSearch(parts: BookingJobParts & { catalogue: Catalogue }): () => Promise<void> {
  const searchedUntil = new Map<SectionId, number>();
  return async () => {
    const untilMs = parts.clock.now() - limits.booking.orphanHoldMs;
    for (const event of await parts.catalogue.list()) {
      for (const section of event.sections) {
        const fromMs = searchedUntil.get(section.id) ?? 0;
        await searchSection(parts, event.id, section.id, fromMs, untilMs);
        searchedUntil.set(section.id, untilMs + 1);
      }
    }
  };
}

async function searchSection(
  parts: BookingJobParts,
  eventId: EventId,
  sectionId: SectionId,
  fromMs: number,
  untilMs: number,
): Promise<void> {
  const ids = await parts.seats.unpaidHolds(eventId, sectionId, fromMs, untilMs);
  if (ids.length === 0) return;
  const found = await parts.pool.query<{ id: BookingId }>(
    "select id from bookings where id = any($1::uuid[])",
    [ids],
  );
  const booked = new Set(found.rows.map((row) => row.id));
  const orphans = ids.filter((id) => !booked.has(id));
  if (orphans.length > 0) {
    parts.logger.warn({ eventId, sectionId, holds: orphans.length }, "orphan holds are released");
    await parts.seats.release(eventId, sectionId, orphans);
  }
  await applyHolds(parts, { bookingIds: [...booked] });
}
