import type { BookingId, BuyerId, EventId, OfferId, SectionId, TicketId } from "../../foundation/ids.ts";
import type { Money } from "../../foundation/money.ts";

/**
 *   (processing: the hold is in Redis, the row not yet in Postgres)
 *        │ commit
 *   pending_payment ──paid in time──▶ paid ──▶ partly_refunded ──▶ refunded
 *        ├── buyer ──▶ the same: some seats given back; the deadline put off, once
 *        ├── payment failed ──▶ failed
 *        ├── buyer ──▶ cancelled
 *        └── deadline ──▶ expired ──money came late, and seats as good are free──▶ paid
 * Live, with seats: pending_payment, paid, partly_refunded. All others have ended and hold no seat.
 */
export const bookingStatuses = [
  "pending_payment",
  "paid",
  "partly_refunded",
  "refunded",
  "failed",
  "cancelled",
  "expired",
] as const;
export type BookingStatus = (typeof bookingStatuses)[number];

export type BookedSeat = {
  readonly position: number;
  readonly sectionId: SectionId;
  readonly offerId: OfferId;
  /** Nothing in a standing section. */
  readonly seatNumber: number | null;
  readonly price: Money;
  /** Nothing until it is paid. */
  readonly ticketId: TicketId | null;
  readonly ticketStatus: "valid" | "used" | "refunded" | null;
};

export type Booking = {
  readonly id: BookingId;
  readonly eventId: EventId;
  readonly buyerId: BuyerId;
  readonly buyerEmail: string;
  /** What may have so many seats at an event. */
  readonly identity: string;
  readonly status: BookingStatus;
  readonly quantity: number;
  readonly total: Money;
  readonly createdAtMs: number;
  readonly deadlineMs: number;
  /** Whether the deadline was put off. */
  readonly extended: boolean;
  readonly seats: readonly BookedSeat[];
};

/** What a buyer's socket hears when a booking changes. */
export type BookingChange = {
  readonly buyerId: BuyerId;
  readonly bookingId: BookingId;
  readonly status: BookingStatus;
};

/** Whether a booking in this state holds its seats. */
export function isLive(status: BookingStatus): boolean {
  return status === "pending_payment" || status === "paid" || status === "partly_refunded";
}
