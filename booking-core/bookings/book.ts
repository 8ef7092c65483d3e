import type { OnsaleEvent } from "../events/event.ts";
import type { BookParts } from "./book-parts.ts";
import type { BookingWish, BookOutcome, BookRequest, RequestIdentity } from "./book-request.ts";
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
    if (!mayBeRepeated(outcome, request, event, nowMs)) return outcome;
    return (await earlierOutcome(parts, identity)) ?? outcome;
  } catch (error) {
    if (!isOutage(error)) throw error;
    parts.logger.warn({ err: error, bookingId: identity.bookingId }, "a booking could not be made");
    return { outcome: "unavailable" };
  }
}

/**
 * Whether an earlier request with the same key may have made a booking of which nothing was seen: of ordinary seats in
 * a section that was named the claim has seen it, and before the sales nobody can have booked. Operators may have
 * changed since what other seats are for, and the code.
 */
function mayBeRepeated(
  { outcome }: BookOutcome,
  { wishes, code }: BookRequest,
  event: OnsaleEvent,
  nowMs: number,
): boolean {
  if (outcome === "offer_closed") return !isBeforeSales(event, nowMs);
  if (outcome === "seats_reserved" || outcome === "code_invalid" || outcome === "event_cancelled")
    return true;
  return outcome === "sold_out" && (code !== undefined || wishes.some(isOfUnseenSeats));
}

function isOfUnseenSeats(wish: BookingWish): boolean {
  return wish.sectionId === undefined || (wish.mode === "best-available" && (wish.accessible ?? 0) > 0);
}

function isBeforeSales({ sections }: OnsaleEvent, nowMs: number): boolean {
  return sections.every(({ offers }) => offers.every(({ salesFromMs }) => nowMs < salesFromMs));
}
