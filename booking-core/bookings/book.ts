import type { OnsaleEvent } from "../events/event.ts";
import type { BookParts } from "./book-parts.ts";
import type { BookOutcome, BookRequest, RequestIdentity } from "./book-request.ts";
import { earlierOutcome } from "./earlier-bookings.ts";
import { isOutage } from "./outage.ts";
import { planWishes } from "./plan-wishes.ts";
import { takeSeats } from "./take-seats.ts";

export function book(
  parts: BookParts,
  request: BookRequest,
  identity: RequestIdentity,
): Promise<BookOutcome> {
  return answered(parts, identity, async () => {
    const event = await parts.catalogue.find(request.eventId);
    if (event === undefined) return { outcome: "not_found" };
    const nowMs = parts.clock.now();
    const wishes = planWishes(event, request, nowMs);
    const deadlineMs = nowMs + event.paymentWindowMs;
    const outcome =
      "outcome" in wishes ? wishes : await takeSeats(parts, { event, wishes, request, identity, deadlineMs });
    if (!mayBeRepeated(outcome, event, nowMs)) return outcome;
    return (await earlierOutcome(parts, identity)) ?? outcome;
  });
}

/** Another request has this key at the same time: it is refused, unless it repeats the one that booked with it. */
export function bookOtherwise(parts: BookParts, identity: RequestIdentity): Promise<BookOutcome> {
  return answered(
    parts,
    identity,
    async () => (await earlierOutcome(parts, identity)) ?? { outcome: "idempotency_key_reused" },
  );
}

async function answered(
  { postgres, logger }: BookParts,
  { bookingId }: RequestIdentity,
  answer: () => Promise<BookOutcome>,
): Promise<BookOutcome> {
  // Before seats are held that nobody could have.
  if (postgres.isAway()) return { outcome: "unavailable" };
  try {
    return await answer();
  } catch (error) {
    if (!isOutage(error)) throw error;
    logger.warn({ err: error, bookingId }, "a booking could not be made");
    return { outcome: "unavailable" };
  }
}

/**
 * Whether an earlier request with the same key may have made a booking of which nothing was seen: Redis forgets those that
 * have ended, and what was sold then may be refused today. Before the sales nobody can have booked.
 */
function mayBeRepeated({ outcome }: BookOutcome, event: OnsaleEvent, nowMs: number): boolean {
  if (outcome === "offer_closed") return !isBeforeSales(event, nowMs);
  return !final.has(outcome);
}

const final = new Set<BookOutcome["outcome"]>(["booked", "section_named_twice", "busy", "unavailable"]);

function isBeforeSales({ sections }: OnsaleEvent, nowMs: number): boolean {
  return sections.every(({ offers }) => offers.every(({ salesFromMs }) => nowMs < salesFromMs));
}
