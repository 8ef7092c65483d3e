import type { BookingId, SectionId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { bookingColumns, type NewBooking, seatColumns } from "./new-booking.ts";
import { changeStandingStock, standingOf } from "./transitions.ts";

/**
 * Bookings and their seats in one statement; a booking that is there already is left as it is, and its new seats
 * are not written. Says which are new. Refused as a whole where a seat belongs to another live booking.
 */
const insertText = `
  with fresh as (
    insert into bookings (id, event_id, buyer_id, buyer_email, identity, request_hash, status,
      quantity, total_minor, currency, created_at, deadline)
    select id, event_id, buyer_id, buyer_email, identity, request_hash, 'pending_payment',
      quantity, total_minor, currency, to_timestamp(created_at_ms / 1000.0), to_timestamp(deadline_ms / 1000.0)
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::int[],
        $8::bigint[], $9::text[], $10::float8[], $11::float8[])
      as booking (id, event_id, buyer_id, buyer_email, identity, request_hash, quantity,
        total_minor, currency, created_at_ms, deadline_ms)
    order by id
    on conflict (id) do nothing
    returning id
  ), seats as (
    insert into booking_seats (booking_id, section_id, offer_id, position, seat_number, price_minor, live)
    select booking_id, section_id, offer_id, position, seat_number, price_minor, true
    from unnest($12::uuid[], $13::uuid[], $14::uuid[], $15::int[], $16::int[], $17::bigint[])
        as seat (booking_id, section_id, offer_id, position, seat_number, price_minor)
      join fresh on fresh.id = seat.booking_id
    order by section_id, seat_number
  )
  select id, (select max(most_per_identity) from events where id = any($2::uuid[])) as most from fresh`;

export type Inserted = {
  readonly ids: ReadonlySet<BookingId>;
  /** What the event of the new ones grants one identity by now. */
  readonly mostPerIdentity: number | null;
};

export async function insertBookings(sql: Sql, bookings: readonly NewBooking[]): Promise<Inserted> {
  const inserted = await sql.query<{ id: BookingId; most: number | null }>({
    name: "insert-bookings",
    text: insertText,
    values: [...bookingColumns(bookings), ...seatColumns(bookings)],
  });
  return {
    ids: new Set(inserted.rows.map((row) => row.id)),
    mostPerIdentity: inserted.rows[0]?.most ?? null,
  };
}

/**
 * After the seats and before the commit: the one row that all bookings of a section change is locked last. `isTaking` hears
 * of each section before its row is changed.
 */
export async function takeStandingPlaces(
  sql: Sql,
  inserted: readonly NewBooking[],
  isTaking: (sectionId: SectionId) => void,
): Promise<void> {
  const standing = inserted.flatMap(({ seats }) => seats.filter(({ seatNumber }) => seatNumber === null));
  if (standing.length > 0) await changeStandingStock(sql, standingOf(standing), 1, isTaking);
}
