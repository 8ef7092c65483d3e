import type { BookingId, SectionId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { PaidSeat } from "./decide-refund.ts";

/** A live seat of a booking that was paid. */
export type TicketedSeat = PaidSeat & {
  readonly sectionId: SectionId;
  /** Nothing in a standing section. */
  readonly seatNumber: number | null;
  readonly isUsed: boolean;
};

/** In the order of their ids, as the doors lock them: who is let in at this moment comes before this, or not at all. */
export async function lockTickets(sql: Sql, bookingIds: readonly BookingId[]): Promise<void> {
  await sql.query("select from tickets where booking_id = any($1::uuid[]) order by id for no key update", [
    bookingIds,
  ]);
}

export async function readPaidSeats(sql: Sql, bookingId: BookingId): Promise<TicketedSeat[]> {
  const found = await sql.query<TicketedSeat>(
    `select s.position, s.section_id as "sectionId", s.seat_number as "seatNumber", t.status = 'used' as "isUsed",
            o.fee_minor as "feeMinor", o.tax_minor as "taxMinor", s.price_minor - o.fee_minor - o.tax_minor as "netMinor"
       from booking_seats s
       join tickets t on t.booking_id = s.booking_id and t.position = s.position
       join offers o on o.id = s.offer_id
      where s.booking_id = $1 and s.live order by s.position`,
    [bookingId],
  );
  return found.rows;
}
