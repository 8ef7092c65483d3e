import type { BookParts, Intent } from "./book-parts.ts";
import type { BookOutcome, BookRequest, RequestIdentity } from "./book-request.ts";
import { isOutage } from "./outage.ts";
import { planWishes } from "./plan-wishes.ts";
import { earlierOutcome, takeSeats } from "./take-seats.ts";

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
    if (!("outcome" in wishes))
      return await takeSeats(parts, { event, wishes, request, identity, deadlineMs });
    // Nobody can have booked before the sales began, so those who come too early cost Postgres nothing.
    if (wishes.outcome !== "offer_closed" || isBeforeSales(event, nowMs)) return wishes;
    return (await earlierOutcome(parts, identity)) ?? wishes;
  } catch (error) {
    if (!isOutage(error)) throw error;
    parts.logger.warn({ err: error, bookingId: identity.bookingId }, "a booking could not be made");
    return { outcome: "unavailable" };
  }
}

function isBeforeSales({ sections }: Intent["event"], nowMs: number): boolean {
  return sections.every(({ offers }) => offers.every(({ salesFromMs }) => nowMs < salesFromMs));
}
