import type { BookingId, EventId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { Booking, BookingStatus } from "../bookings/booking.ts";
import { discountSeats } from "../bookings/identity-seats.ts";
import { changeStandingStock, type FreedSeat, standingOf } from "../bookings/transitions.ts";

/**
 * paid → partly_refunded → refunded: the tickets of these seats are void, and the seats free for others, from the commit
 * on. The caller holds the booking's row. Throws where one of the tickets is not good any more: then nothing has changed.
 */
export async function voidSeats(
  sql: Sql,
  { id, eventId, identity }: Booking,
  positions: readonly number[],
  nowMs: number,
): Promise<BookingStatus> {
  await voidTickets(sql, id, positions, nowMs);
  const freed = await sql.query<FreedSeat>(
    `update booking_seats set live = false where booking_id = $1 and position = any($2::int[]) and live
     returning section_id as "sectionId", seat_number as "seatNumber"`,
    [id, positions],
  );
  if (freed.rowCount !== positions.length)
    throw new Error(`booking ${id} has not all of the seats ${positions}`);
  const status = await shrinkBooking(sql, id, nowMs);
  await discountSeats(sql, [{ eventId, identity, quantity: positions.length }]);
  await changeStandingStock(sql, standingOf(freed.rows), -1);
  return status;
}

async function voidTickets(
  sql: Sql,
  id: BookingId,
  positions: readonly number[],
  nowMs: number,
): Promise<void> {
  const voided = await sql.query(
    `update tickets set status = 'refunded', refunded_at = $3, used_at = null
      where booking_id = $1 and position = any($2::int[]) and status <> 'refunded'`,
    [id, positions, new Date(nowMs)],
  );
  if (voided.rowCount !== positions.length)
    throw new Error(`booking ${id} has not all of the tickets ${positions}`);
}

/** Those of an event that does not take place, in the order of their ids, as the doors and single refunds lock them. */
export async function voidAllTickets(sql: Sql, eventId: EventId, nowMs: number): Promise<void> {
  await sql.query(
    `with live as (select id from tickets where event_id = $1 and status <> 'refunded' order by id for no key update)
     update tickets t set status = 'refunded', refunded_at = $2, used_at = null from live where t.id = live.id`,
    [eventId, new Date(nowMs)],
  );
}

async function shrinkBooking(sql: Sql, id: BookingId, nowMs: number): Promise<BookingStatus> {
  const updated = await sql.query<{ status: BookingStatus }>(
    `update bookings b
        set status = case when l.live then 'partly_refunded' else 'refunded' end,
            ended_at = case when l.live then null else $2::timestamptz end
       from (select exists (select from booking_seats where booking_id = $1 and live) as live) l
      where b.id = $1 and b.status in ('paid', 'partly_refunded') returning b.status`,
    [id, new Date(nowMs)],
  );
  const status = updated.rows[0]?.status;
  if (status === undefined) throw new Error(`booking ${id} is not paid`);
  return status;
}
