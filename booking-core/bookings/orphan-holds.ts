import type { BookingId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Catalogue } from "../events/catalogue.ts";
import type { Section } from "../events/event.ts";
import type { UnpaidHold } from "../seats/hold-ends.ts";
import { applyHolds, type BookingJobParts } from "./jobs.ts";
import { loadSection } from "./load-section.ts";

type OrphanParts = BookingJobParts & { catalogue: Catalogue };

/** All unpaid holds are looked at again this often: a hold made by a clock that runs behind was never new. */
const fullSearchEveryMs = 60_000;
const holdsPerQuery = 1_000;

/**
 * A hold whose gateway died before the commit has no booking. Each hold is looked at when it is old enough for its
 * commit to have come or not: an orphan is released; a booking's hold is brought to the booking's state.
 */
export function createOrphanSearch(parts: OrphanParts): () => Promise<void> {
  let searchedUntilMs = 0;
  let fullAtMs = 0;
  return async () => {
    const nowMs = parts.clock.now();
    const untilMs = nowMs - limits.booking.orphanHoldMs;
    const isFull = nowMs - fullAtMs >= fullSearchEveryMs;
    const sections = (await parts.catalogue.list()).flatMap((event) => event.sections);
    await ofEach(sections, (section) => searchSection(parts, section, isFull ? 0 : searchedUntilMs, untilMs));
    searchedUntilMs = untilMs;
    if (isFull) fullAtMs = nowMs;
  };
}

/** A section that cannot be searched keeps no other from it; all are searched from there again. */
async function ofEach(sections: readonly Section[], work: (section: Section) => Promise<void>) {
  const failures: unknown[] = [];
  for (const section of sections) await work(section).catch((error: unknown) => failures.push(error));
  if (failures.length > 0)
    throw new AggregateError(
      failures,
      `${failures.length} of ${sections.length} sections could not be searched`,
    );
}

async function searchSection(
  parts: OrphanParts,
  section: Section,
  fromMs: number,
  untilMs: number,
): Promise<void> {
  const holds = await parts.seats.unpaidHolds(section.eventId, section.id, fromMs, untilMs);
  for (let index = 0; index < holds.length; index += holdsPerQuery)
    await settleHolds(parts, section, holds.slice(index, index + holdsPerQuery));
}

async function settleHolds(
  parts: OrphanParts,
  section: Section,
  holds: readonly UnpaidHold[],
): Promise<void> {
  const booked = await findBooked(parts, section, holds);
  const orphans = holds.filter(({ bookingId }) => !booked.has(bookingId));
  if (orphans.length > 0) await releaseOrphans(parts, section, orphans);
  await applyHolds(parts, { bookingIds: [...booked] });
}

async function releaseOrphans(
  parts: OrphanParts,
  section: Section,
  orphans: readonly UnpaidHold[],
): Promise<void> {
  const { id: sectionId, eventId } = section;
  parts.logger.warn({ eventId, sectionId, holds: orphans.length }, "orphan holds are released");
  // A retry that was given the hold since has made its time later, and keeps it.
  await parts.seats.undo(eventId, sectionId, orphans);
  // The gateway that made the hold may have booked it very late.
  const late = await findBooked(parts, section, orphans);
  if (late.size > 0) await loadSection(parts, section);
}

/** Those that have, or had, seats of the section. */
async function findBooked(
  parts: OrphanParts,
  { id: sectionId }: Section,
  holds: readonly UnpaidHold[],
): Promise<Set<BookingId>> {
  const found = await parts.pool.query<{ id: BookingId }>(
    "select distinct booking_id as id from booking_seats where booking_id = any($1::uuid[]) and section_id = $2",
    [holds.map(({ bookingId }) => bookingId), sectionId],
  );
  return new Set(found.rows.map((row) => row.id));
}
