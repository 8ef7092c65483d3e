import type { BookingId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { bookingColumns, type NewBooking, seatColumns } from "./new-booking.ts";
import { changeStandingStock } from "./transitions.ts";

/**
 * Bookings and their seats in one statement; a booking that is there already is left as it is, and its new seats
 * are not written. Says which are new. Refused as a whole where a seat belongs to another live booking.
 */
const insertText = `
  with fresh as (
    insert into bookings (id, event_id, section_id, offer_id, buyer_id, buyer_email, request_hash, status,
      quantity, total_minor, currency, created_at, deadline)
    select id, event_id, section_id, offer_id, buyer_id, buyer_email, request_hash, 'pending_payment',
      quantity, total_minor, currency, to_timestamp(created_at_ms / 1000.0), to_timestamp(deadline_ms / 1000.0)
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::int[],
        $9::bigint[], $10::text[], $11::float8[], $12::float8[])
      as booking (id, event_id, section_id, offer_id, buyer_id, buyer_email, request_hash, quantity,
        total_minor, currency, created_at_ms, deadline_ms)
    order by id
    on conflict (id) do nothing
    returning id
  ), seats as (
    insert into booking_seats (booking_id, section_id, position, seat_number, live)
    select booking_id, section_id, position, seat_number, true
    from unnest($13::uuid[], $14::uuid[], $15::int[], $16::int[])
        as seat (booking_id, section_id, position, seat_number)
      join fresh on fresh.id = seat.booking_id
    order by section_id, seat_number
  )
  select id from fresh`;

export async function insertBookings(sql: Sql, bookings: readonly NewBooking[]): Promise<Set<BookingId>> {
  const inserted = await sql.query<{ id: BookingId }>({
    name: "insert-bookings",
    text: insertText,
    values: [...bookingColumns(bookings), ...seatColumns(bookings)],
  });
  return new Set(inserted.rows.map((row) => row.id));
}

/** After the seats and before the commit: the one row that all bookings of a section change is locked last. */
export async function takeStandingPlaces(sql: Sql, inserted: readonly NewBooking[]): Promise<void> {
  const standing = inserted.filter(({ seats }) => seats.some((seat) => seat.seatNumber === null));
  if (standing.length > 0) await changeStandingStock(sql, standing, 1);
}
