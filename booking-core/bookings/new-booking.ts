import { arrayOf } from "../../foundation/postgres/array-of.ts";
import type { Booking } from "./booking.ts";

/** A booking whose seats are held, on its way into Postgres. */
export type NewBooking = Booking & {
  readonly requestHash: string;
  /** What the event grants one identity; nothing where it grants any number. */
  readonly mostPerIdentity: number | null;
};

/**
 * One array a column, as `unnest` takes them. What people wrote stays with the driver.
 */
export function bookingColumns(bookings: readonly NewBooking[]): readonly unknown[] {
  return [
    arrayOf(bookings, (booking) => booking.id),
    arrayOf(bookings, (booking) => booking.eventId),
    arrayOf(bookings, (booking) => booking.buyerId),
    bookings.map((booking) => booking.buyerEmail),
    arrayOf(bookings, (booking) => booking.identity),
    arrayOf(bookings, (booking) => booking.requestHash),
    arrayOf(bookings, (booking) => booking.quantity),
    arrayOf(bookings, (booking) => booking.total.amountMinor),
    arrayOf(bookings, (booking) => booking.total.currency),
    arrayOf(bookings, (booking) => booking.createdAtMs),
    arrayOf(bookings, (booking) => booking.deadlineMs),
  ];
}

export function seatColumns(bookings: readonly NewBooking[]): readonly unknown[] {
  const seats = bookings.flatMap((booking) => booking.seats);
  const bookingIds = bookings.flatMap(({ id, seats: own }) => own.map(() => id));
  return [
    arrayOf(bookingIds, (id) => id),
    arrayOf(seats, (seat) => seat.sectionId),
    arrayOf(seats, (seat) => seat.offerId),
    arrayOf(seats, (seat) => seat.position),
    arrayOf(seats, (seat) => seat.seatNumber ?? "NULL"),
    arrayOf(seats, (seat) => seat.price.amountMinor),
  ];
}
