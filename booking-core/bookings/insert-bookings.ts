import type { BookingId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { NewBooking } from "./commit-groups.ts";

/** One statement for all bookings of a group and their seats, whatever their number: one plan, one round trip. */
const statement = `
  with new_bookings as (
    insert into bookings (id, event_id, section_id, offer_id, buyer_id, buyer_email, request_hash, status,
                          quantity, total_minor, currency, created_at, deadline)
    select b.id, b.event_id, b.section_id, b.offer_id, b.buyer_id, b.buyer_email, b.request_hash, 'pending_payment',
           b.quantity, b.total_minor, b.currency, b.created_at, b.deadline
      from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::int[],
                  $9::bigint[], $10::text[], $11::timestamptz[], $12::timestamptz[])
        as b (id, event_id, section_id, offer_id, buyer_id, buyer_email, request_hash, quantity, total_minor,
              currency, created_at, deadline)
    on conflict (id) do nothing
    returning id
  ), new_seats as (
    insert into booking_seats (booking_id, section_id, position, seat_number, live)
    select s.booking_id, s.section_id, s.position, s.seat_number, true
      from unnest($13::uuid[], $14::uuid[], $15::int[], $16::int[]) as s (booking_id, section_id, position, seat_number)
      join new_bookings on new_bookings.id = s.booking_id
  )
  select id from new_bookings`;

/** Gives the ids that were written; a booking whose id was there before is left as it is. */
export async function insertBookings(sql: Sql, bookings: readonly NewBooking[]): Promise<Set<BookingId>> {
  // Two requests with one idempotency key may share a group: one of them is enough.
  const group = [...new Map(bookings.map((booking) => [booking.id, booking])).values()];
  const seats = group.flatMap(seatRows);
  const inserted = await sql.query<{ id: BookingId }>({ name: "insert-bookings", text: statement }, [
    group.map((booking) => booking.id),
    group.map((booking) => booking.eventId),
    group.map((booking) => booking.sectionId),
    group.map((booking) => booking.offerId),
    group.map((booking) => booking.buyerId),
    group.map((booking) => booking.buyerEmail),
    group.map((booking) => booking.requestHash),
    group.map((booking) => booking.quantity),
    group.map((booking) => booking.total.amountMinor),
    group.map((booking) => booking.total.currency),
    group.map((booking) => new Date(booking.createdAtMs)),
    group.map((booking) => new Date(booking.deadlineMs)),
    seats.map((seat) => seat.bookingId),
    seats.map((seat) => seat.sectionId),
    seats.map((seat) => seat.position),
    seats.map((seat) => seat.seatNumber),
  ]);
  return new Set(inserted.rows.map((row) => row.id));
}

/** A row a seat; the places of a standing section have no number. */
function seatRows({ id, sectionId, seatNumbers, quantity }: NewBooking) {
  return Array.from({ length: quantity }, (_, position) => ({
    bookingId: id,
    sectionId,
    position,
    seatNumber: seatNumbers[position] ?? null,
  }));
}
