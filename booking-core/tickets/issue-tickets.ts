import type { BookingId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";

/** One ticket a seat of these bookings, in one statement. Issuing again changes nothing. */
export async function issueTickets(sql: Sql, bookingIds: readonly BookingId[]): Promise<void> {
  await sql.query({
    name: "issue-tickets",
    text: `insert into tickets (id, booking_id, event_id, section_id, position, seat_number, status)
     select uuidv7(), b.id, b.event_id, s.section_id, s.position, s.seat_number, 'valid'
       from bookings b join booking_seats s on s.booking_id = b.id and s.live
      where b.id = any($1::uuid[])
     on conflict (booking_id, position) do nothing`,
    values: [bookingIds],
  });
}
