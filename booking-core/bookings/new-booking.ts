import type { Booking } from "./booking.ts";

/** A booking whose seats are held, on its way into Postgres. */
export type NewBooking = Booking & {
  readonly requestHash: string;
  /** What the event grants one identity; nothing where it grants any number. */
  readonly mostPerIdentity: number | null;
};

/** One array a column, as `unnest` takes them. */
export function bookingColumns(bookings: readonly NewBooking[]): readonly (readonly unknown[])[] {
  const column = (read: (booking: NewBooking) => unknown) => bookings.map(read);
  return [
    column((booking) => booking.id),
    column((booking) => booking.eventId),
    column((booking) => booking.buyerId),
    column((booking) => booking.buyerEmail),
    column((booking) => booking.identity),
    column((booking) => booking.requestHash),
    column((booking) => booking.quantity),
    column((booking) => booking.total.amountMinor),
    column((booking) => booking.total.currency),
    column((booking) => booking.createdAtMs),
    column((booking) => booking.deadlineMs),
  ];
}

export function seatColumns(bookings: readonly NewBooking[]): readonly (readonly unknown[])[] {
  const seats = bookings.flatMap((booking) => booking.seats.map((seat) => ({ booking, seat })));
  return [
    seats.map(({ booking }) => booking.id),
    seats.map(({ seat }) => seat.sectionId),
    seats.map(({ seat }) => seat.offerId),
    seats.map(({ seat }) => seat.position),
    seats.map(({ seat }) => seat.seatNumber),
    seats.map(({ seat }) => seat.price.amountMinor),
  ];
}
