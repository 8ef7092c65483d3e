import type { BookingId, EventId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { countAgain } from "./identity-seats.ts";
import {
  changeStandingStock,
  type FreedSeat,
  type PaidBooking,
  standingOf,
  type Worth,
} from "./transitions.ts";

/** The seats that are claimed for it again; the same as before, or others of the same offers. */
export type SeatAgain = { readonly position: number; readonly seatNumber: number | null };

/** A booking with what was paid for it. */
export type Revival = Worth & { readonly seats: readonly SeatAgain[] };

type Expired = {
  readonly id: BookingId;
  readonly eventId: EventId;
  readonly identity: string;
  readonly quantity: number;
};

/**
 * expired → paid, for money that came late, of any number in the same few statements. Gives those that are paid now: with
 * one that is in any other state, or costs something else, or whose event is off sale, or whose buyer has all seats by
 * now that the event grants, nothing happens. No buyer may be there twice. Throws where Postgres knows of another live
 * booking of a seat: the unique index is the arbiter here too. Rows are locked in the order of a commit of bookings:
 * identities, then sections.
 */
export async function reviveBookings(sql: Sql, revivals: readonly Revival[]): Promise<PaidBooking[]> {
  const byId = new Map(revivals.map((revival) => [revival.bookingId, revival]));
  const expired = (await lockExpired(sql, revivals)).filter(
    ({ id, quantity }) => byId.get(id)?.seats.length === quantity,
  );
  if (expired.length === 0) return [];
  const counted = await countAgain(sql, expired);
  const granted = expired.filter(({ id }) => counted.has(id)).map(({ id }) => byId.get(id) as Revival);
  if (granted.length === 0) return [];
  await takeSeatsAgain(sql, granted);
  return markRevived(sql, granted);
}

/** The event's row is shared until the end: its cancellation comes before this, or finds the booking paid. */
async function lockExpired(sql: Sql, revivals: readonly Revival[]): Promise<Expired[]> {
  const locked = await sql.query<Expired & { status: string }>({
    name: "lock-expired",
    text: `select b.id, b.event_id as "eventId", b.identity, b.quantity, e.status
       from bookings b join unnest($1::uuid[], $2::bigint[]) as w (id, total) on w.id = b.id
       join events e on e.id = b.event_id
      where b.status = 'expired' and b.total_minor = w.total
      order by b.id for no key update of b for share of e`,
    values: [revivals.map(({ bookingId }) => bookingId), revivals.map(({ amountMinor }) => amountMinor)],
  });
  return locked.rows.filter(({ status }) => status === "active");
}

async function takeSeatsAgain(sql: Sql, revivals: readonly Revival[]): Promise<void> {
  const all = revivals.flatMap(({ bookingId, seats }) => seats.map((seat) => ({ bookingId, ...seat })));
  const taken = await sql.query<FreedSeat>({
    name: "take-seats-again",
    text: `update booking_seats s set live = true, seat_number = again.seat_number
       from unnest($1::uuid[], $2::int[], $3::int[]) as again (booking_id, position, seat_number)
      where s.booking_id = again.booking_id and s.position = again.position and not s.given_back
      returning s.section_id as "sectionId", s.seat_number as "seatNumber"`,
    values: [
      all.map(({ bookingId }) => bookingId),
      all.map(({ position }) => position),
      all.map(({ seatNumber }) => seatNumber),
    ],
  });
  if (taken.rowCount !== all.length)
    throw new Error(`of ${all.length} seats ${taken.rowCount} are to be had`);
  await changeStandingStock(sql, standingOf(taken.rows), 1);
}

async function markRevived(sql: Sql, revivals: readonly Revival[]): Promise<PaidBooking[]> {
  const revived = await sql.query<PaidBooking>({
    name: "mark-revived",
    text: `update bookings set status = 'paid', ended_at = null where id = any($1::uuid[])
     returning id, event_id as "eventId", buyer_id as "buyerId", status`,
    values: [revivals.map(({ bookingId }) => bookingId)],
  });
  return revived.rows;
}
