import type { BookParts } from "./book-parts.ts";
import { type BookOutcome, type BookRequest, type RequestIdentity, refusalOf } from "./book-request.ts";
import { findBooking } from "./find-booking.ts";
import { isOutage } from "./outage.ts";
import { takeSeats } from "./take-seats.ts";

export async function book(
  parts: BookParts,
  request: BookRequest,
  identity: RequestIdentity,
): Promise<BookOutcome> {
  try {
    const found = await findSection(parts, request);
    if (found === undefined) return { outcome: "not_found" };
    const nowMs = parts.clock.now();
    const refusal = refusalOf(found, request.wish, nowMs);
    if (refusal === undefined) return await takeSeats(parts, { ...found, request, identity });
    // Nobody can have booked before the sales began, so those who come too early cost Postgres nothing.
    if (nowMs < found.section.offer.salesFromMs) return refusal;
    return (await earlierOutcome(parts, identity)) ?? refusal;
  } catch (error) {
    if (!isOutage(error)) throw error;
    parts.logger.warn({ err: error, bookingId: identity.bookingId }, "a booking could not be made");
    return { outcome: "unavailable" };
  }
}

async function findSection({ catalogue }: BookParts, { eventId, sectionId }: BookRequest) {
  const event = await catalogue.find(eventId);
  const section = event?.sections.find((candidate) => candidate.id === sectionId);
  return event === undefined || section === undefined ? undefined : { event, section };
}

/** A repeated request gets the outcome of the first one, also where it would be refused today. */
async function earlierOutcome(
  { pool }: BookParts,
  { bookingId, requestHash }: RequestIdentity,
): Promise<BookOutcome | undefined> {
  const known = await findBooking(pool, bookingId);
  if (known === undefined) return undefined;
  if (known.requestHash !== requestHash) return { outcome: "idempotency_key_reused" };
  return { outcome: "booked", booking: known.booking, fresh: false };
}
