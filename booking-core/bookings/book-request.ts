import { hash } from "node:crypto";
import {
  type BookingId,
  type BuyerId,
  type EventId,
  type SectionId,
  uuidFromParts,
} from "../../foundation/ids.ts";
import type { Booking } from "./booking.ts";

/** What a buyer asks for; all wishes of a request are met, or none is. */
export type BookingWish = BestAvailable | Manual;

export type BestAvailable = {
  readonly mode: "best-available";
  readonly quantity: number;
  /** Without, any section. */
  readonly sectionId?: SectionId | undefined;
  /** Of the offers, in order of preference; without, any. */
  readonly categories?: readonly string[] | undefined;
  /** The most that a seat may cost, in minor units of the event's currency. */
  readonly upTo?: number | undefined;
  /** Whether fewer seats are welcome where there are not as many; with accessible ones, fewer companions. */
  readonly fewer?: boolean | undefined;
  /** How many of the seats are accessible ones; the others are those of companions beside them. */
  readonly accessible?: number | undefined;
  /** Whether seats with a restricted view are welcome; they are, unless it is said. */
  readonly restrictedView?: boolean | undefined;
};

/** What a wish says of the seats, and the event may have nothing that fits. */
export type WishField = "sectionId" | "categories" | "upTo" | "restrictedView";

export type Manual = {
  readonly mode: "manual";
  readonly sectionId: SectionId;
  readonly seatNumbers: readonly number[];
  /** `any` takes those of them that are free. */
  readonly take?: "all" | "any" | undefined;
};

export type BookRequest = {
  readonly eventId: EventId;
  readonly wishes: readonly BookingWish[];
  /** Opens a pool of house seats. */
  readonly code?: string | undefined;
  readonly buyer: { readonly buyerId: BuyerId; readonly email: string; readonly identity: string };
  readonly idempotencyKey: string;
};

export type Booked = { readonly outcome: "booked"; readonly booking: Booking; readonly fresh: boolean };

export type BookRefusal =
  | { readonly outcome: "sold_out"; readonly free: number }
  | {
      readonly outcome: "seats_taken" | "seats_unknown" | "leaves_single" | "seats_reserved";
      readonly seatNumbers: readonly number[];
    }
  | { readonly outcome: "too_many_seats" | "buyer_limit_reached"; readonly most: number }
  | { readonly outcome: "offer_closed" | "event_cancelled" | "idempotency_key_reused" | "not_found" }
  /** Which of the wishes, and what of it fits nothing that the event sells: one of them alone, or several together. */
  | { readonly outcome: "nothing_offered"; readonly wish: number; readonly unmet: readonly WishField[] }
  /** Two wishes for one section, more wishes than sections that could meet them, or a code that opens nothing. */
  | { readonly outcome: "section_named_twice" | "sections_too_few" | "code_invalid" }
  /** Nothing was taken. */
  | { readonly outcome: "busy" }
  /** A part of the system does not answer; the same request with the same key finds what came of this one. */
  | { readonly outcome: "unavailable" };

/** `fresh` is false where an earlier request with the same key has made the booking; it may have ended since. */
export type BookOutcome = Booked | BookRefusal;

/** Decided before anything is claimed, so that a retry finds its own result. */
export type RequestIdentity = { readonly bookingId: BookingId; readonly requestHash: string };

export function identityOf({ eventId, wishes, code, buyer, idempotencyKey }: BookRequest): RequestIdentity {
  const bookingId = uuidFromParts("booking", eventId, buyer.buyerId, idempotencyKey) as BookingId;
  const text = JSON.stringify([wishes.map(contentOf), code]);
  return { bookingId, requestHash: hash("sha256", text, "base64url").slice(0, 22) };
}

/** The same wish, however it was written down. */
function contentOf(wish: BookingWish): unknown[] {
  if (wish.mode === "manual") {
    const seatNumbers = wish.seatNumbers.toSorted((left, right) => left - right);
    return [wish.mode, wish.sectionId, seatNumbers, wish.take ?? "all"];
  }
  const { mode, sectionId, quantity, categories, upTo, fewer = false, accessible = 0 } = wish;
  return [mode, sectionId, quantity, categories, upTo, fewer, accessible, wish.restrictedView ?? true];
}
