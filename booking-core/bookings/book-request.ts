import { createHash } from "node:crypto";
import {
  type BookingId,
  type BuyerId,
  type EventId,
  type SectionId,
  uuidFromParts,
} from "../../foundation/ids.ts";
import type { OnsaleEvent, Section } from "../events/event.ts";
import type { Wish } from "../seats/claim.ts";
import type { Booking } from "./booking.ts";

export type BookRequest = {
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  readonly wish: Wish;
  readonly buyer: { readonly buyerId: BuyerId; readonly email: string };
  readonly idempotencyKey: string;
};

export type BookOutcome =
  /** `fresh` is false where an earlier request with the same key has made the booking; it may have ended since. */
  | { readonly outcome: "booked"; readonly booking: Booking; readonly fresh: boolean }
  | { readonly outcome: "sold_out"; readonly free: number }
  | { readonly outcome: "seats_taken"; readonly seatNumbers: readonly number[] }
  | { readonly outcome: "seats_unknown"; readonly seatNumbers: readonly number[] }
  | { readonly outcome: "too_many_seats"; readonly most: number }
  | { readonly outcome: "offer_closed" | "idempotency_key_reused" | "not_found" }
  /** Nothing was taken. */
  | { readonly outcome: "busy" }
  /** A part of the system does not answer; the same request with the same key finds what came of this one. */
  | { readonly outcome: "unavailable" };

/** Decided before anything is claimed, so that a retry finds its own result. */
export type RequestIdentity = { readonly bookingId: BookingId; readonly requestHash: string };

export function identityOf(request: BookRequest): RequestIdentity {
  const { eventId, sectionId, wish, buyer, idempotencyKey } = request;
  const bookingId = uuidFromParts("booking", eventId, buyer.buyerId, idempotencyKey) as BookingId;
  const content = wish.mode === "manual" ? wish.seatNumbers.toSorted((a, b) => a - b) : [wish.quantity];
  const text = JSON.stringify([sectionId, wish.mode, content]);
  return { bookingId, requestHash: createHash("sha256").update(text).digest("base64url").slice(0, 22) };
}

function quantityOf(wish: Wish): number {
  return wish.mode === "manual" ? wish.seatNumbers.length : wish.quantity;
}

/** What the event and its offer say against the wish; nothing where it may be booked. */
export function refusalOf(
  { event, section: { offer } }: { event: OnsaleEvent; section: Section },
  wish: Wish,
  nowMs: number,
): BookOutcome | undefined {
  const isOpen = event.status === "active" && offer.salesFromMs <= nowMs && nowMs < offer.salesUntilMs;
  if (!isOpen) return { outcome: "offer_closed" };
  if (quantityOf(wish) > offer.maxPerBooking) return { outcome: "too_many_seats", most: offer.maxPerBooking };
  return undefined;
}
