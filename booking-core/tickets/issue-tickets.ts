import type { BookingId, IdSource, TicketId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";

type SeatRow = { event_id: string; section_id: string; position: number; seat_number: number | null };

/** One ticket a seat of the booking. Issuing again changes nothing. */
export async function issueTickets(sql: Sql, ids: IdSource, bookingId: BookingId): Promise<void> {
  const { rows } = await sql.query<SeatRow>(
    `select b.event_id, s.section_id, s.position, s.seat_number
       from booking_seats s join bookings b on b.id = s.booking_id where s.booking_id = $1 and s.live order by s.position`,
    [bookingId],
  );
  await sql.query(
    `insert into tickets (id, booking_id, event_id, section_id, position, seat_number, status)
     select t.id, $1, t.event_id, t.section_id, t.position, t.seat_number, 'valid'
       from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[])
         as t (id, event_id, section_id, position, seat_number)
     on conflict (booking_id, position) do nothing`,
    [
      bookingId,
      rows.map(() => ids.next<TicketId>()),
      rows.map((row) => row.event_id),
      rows.map((row) => row.section_id),
      rows.map((row) => row.position),
      rows.map((row) => row.seat_number),
    ],
  );
}
