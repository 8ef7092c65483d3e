import type { OnsaleEvent } from "../events/event.ts";
import type { BookParts } from "./book-parts.ts";
import type { BookOutcome, BookRequest, RequestIdentity } from "./book-request.ts";
import { earlierOutcome } from "./earlier-bookings.ts";
import { isOutage } from "./outage.ts";
import { planWishes } from "./plan-wishes.ts";
import { takeSeats } from "./take-seats.ts";

export async function book(
  parts: BookParts,
  request: BookRequest,
  identity: RequestIdentity,
): Promise<BookOutcome> {
  try {
    const event = await parts.catalogue.find(request.eventId);
    if (event === undefined) return { outcome: "not_found" };
    const nowMs = parts.clock.now();
    const wishes = planWishes(event, request, nowMs);
    const deadlineMs = nowMs + event.paymentWindowMs;
    const outcome =
      "outcome" in wishes ? wishes : await takeSeats(parts, { event, wishes, request, identity, deadlineMs });
    if (!mayBeRepeated(outcome, event, nowMs)) return outcome;
    return (await earlierOutcome(parts, identity)) ?? outcome;
  } catch (error) {
    if (!isOutage(error)) throw error;
    parts.logger.warn({ err: error, bookingId: identity.bookingId }, "a booking could not be made");
    return { outcome: "unavailable" };
  }
}

/**
 * Whether an earlier request with the same key may have made a booking of which nothing was seen: Redis forgets those that
 * have ended. Before the sales nobody can have booked.
 */
function mayBeRepeated({ outcome }: BookOutcome, event: OnsaleEvent, nowMs: number): boolean {
  if (outcome === "offer_closed") return !isBeforeSales(event, nowMs);
  return refusals.has(outcome);
}

const refusals: ReadonlySet<BookOutcome["outcome"]> = new Set([
  ...(["sold_out", "seats_taken", "seats_reserved", "code_invalid", "event_cancelled"] as const),
]);

function isBeforeSales({ sections }: OnsaleEvent, nowMs: number): boolean {
  return sections.every(({ offers }) => offers.every(({ salesFromMs }) => nowMs < salesFromMs));
}
