import type { BookingId, BuyerId, EventId, SectionId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { BookingStatus } from "./booking.ts";
import { discountSeats } from "./identity-seats.ts";

export type EndedBooking = {
  readonly id: BookingId;
  readonly eventId: EventId;
  readonly buyerId: BuyerId;
  readonly identity: string;
  readonly quantity: number;
};

export type PaidBooking = {
  readonly id: BookingId;
  readonly eventId: EventId;
  readonly buyerId: BuyerId;
  readonly status: BookingStatus;
};

export type Worth = { readonly bookingId: BookingId; readonly amountMinor: bigint };

/**
 * pending_payment → paid, of any number in one statement. Gives those that are paid now: with one that is in any other
 * state, or costs something else by now, or whose event does not take place, nothing happens. Locked in the order of
 * their ids.
 */
export async function markPaid(sql: Sql, worths: readonly Worth[]): Promise<PaidBooking[]> {
  const paid = await sql.query<PaidBooking>({
    name: "mark-paid",
    text: `with wanted as (
       select b.id from bookings b join unnest($1::uuid[], $2::bigint[]) as w (id, total) on w.id = b.id
        where b.status = 'pending_payment' and b.total_minor = w.total
          and exists (select from events e where e.id = b.event_id and e.status <> 'cancelled')
        order by b.id for no key update of b
     )
     update bookings b set status = 'paid' from wanted where wanted.id = b.id
     returning b.id, b.event_id as "eventId", b.buyer_id as "buyerId", b.status`,
    values: [worths.map(({ bookingId }) => bookingId), worths.map(({ amountMinor }) => amountMinor)],
  });
  return paid.rows;
}

/** pending_payment stays so, with a later deadline; once for a booking, where its event allows it. */
export async function putOffDeadline(
  sql: Sql,
  bookingId: BookingId,
  { key, nowMs }: { readonly key: string; readonly nowMs: number },
): Promise<Date | undefined> {
  const updated = await sql.query<{ deadline: Date }>(
    `update bookings b set deadline = b.deadline + e.extension_ms * interval '1 millisecond', extended = true,
            extension_key = $2
       from events e
      where b.id = $1 and e.id = b.event_id and e.extension_ms > 0
        and b.status = 'pending_payment' and not b.extended and b.deadline > $3
      returning b.deadline`,
    [bookingId, key, new Date(nowMs)],
  );
  return updated.rows[0]?.deadline;
}

/**
 * pending_payment stays so, with fewer seats. False, and nothing has changed, where the booking is in any other state,
 * or one of these seats is not its own any more, or none would be left. The caller holds the row's lock.
 */
export async function giveBackSeats(
  sql: Sql,
  {
    id,
    positions,
    nowMs,
  }: { readonly id: BookingId; readonly positions: readonly number[]; readonly nowMs: number },
): Promise<boolean> {
  const updated = await sql.query<Pick<EndedBooking, "eventId" | "identity">>(
    `with given as (
       select count(*)::int as seats, sum(price_minor)::bigint as price
         from booking_seats where booking_id = $1 and live and position = any($2::int[])
     )
     update bookings b set quantity = b.quantity - given.seats, total_minor = b.total_minor - given.price
       from given
      where b.id = $1 and b.status = 'pending_payment' and b.deadline > $4
        and given.seats = $3 and given.seats < b.quantity
      returning b.event_id as "eventId", b.identity`,
    [id, positions, positions.length, new Date(nowMs)],
  );
  const [booking] = updated.rows;
  if (booking === undefined) return false;
  const freed = await sql.query<FreedSeat>(
    `update booking_seats set live = false, given_back = true where booking_id = $1 and position = any($2::int[])
     returning section_id as "sectionId", seat_number as "seatNumber"`,
    [id, positions],
  );
  await discountSeats(sql, [{ ...booking, quantity: positions.length }]);
  await changeStandingStock(sql, standingOf(freed.rows), -1);
  return true;
}

type End = Extract<BookingStatus, "expired" | "failed" | "cancelled">;

/**
 * pending_payment → an end; the seats are free for others from the commit on. Gives those that really ended
 * here. The caller holds the rows' locks; sections are locked in the order of their ids, as in a commit of
 * bookings, so that the two never wait for each other in a circle.
 */
export async function endBookings(
  sql: Sql,
  ids: readonly BookingId[],
  end: End,
  nowMs: number,
): Promise<EndedBooking[]> {
  const ended = await sql.query<EndedBooking>(
    `update bookings set status = $2, ended_at = $3
      where id = any($1::uuid[]) and status = 'pending_payment'
      returning id, event_id as "eventId", buyer_id as "buyerId", identity, quantity`,
    [ids, end, new Date(nowMs)],
  );
  if (ended.rows.length === 0) return [];
  const freed = await sql.query<FreedSeat>(
    `update booking_seats set live = false where booking_id = any($1::uuid[]) and live
     returning section_id as "sectionId", seat_number as "seatNumber"`,
    [ended.rows.map((row) => row.id)],
  );
  await discountSeats(sql, ended.rows);
  await changeStandingStock(sql, standingOf(freed.rows), -1);
  return ended.rows;
}

export type FreedSeat = { readonly sectionId: SectionId; readonly seatNumber: number | null };

/** How many standing places there are of each section. */
export function standingOf(seats: readonly FreedSeat[]): ReadonlyMap<SectionId, number> {
  const places = new Map<SectionId, number>();
  for (const { sectionId, seatNumber } of seats)
    if (seatNumber === null) places.set(sectionId, (places.get(sectionId) ?? 0) + 1);
  return places;
}

/** Adds (or takes back) places of standing sections, whose rows are locked in one order; the table's check refuses too much. */
export async function changeStandingStock(
  sql: Sql,
  places: ReadonlyMap<SectionId, number>,
  direction: 1 | -1,
  isChanging: (sectionId: SectionId) => void = () => undefined,
): Promise<void> {
  const inOrder = [...places].toSorted(([left], [right]) => (left < right ? -1 : 1));
  for (const [sectionId, count] of inOrder) {
    isChanging(sectionId);
    await sql.query("update sections set standing_taken = standing_taken + $2 where id = $1", [
      sectionId,
      direction * count,
    ]);
  }
}
