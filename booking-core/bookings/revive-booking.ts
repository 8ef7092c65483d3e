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

type Expired = { readonly eventId: EventId; readonly identity: string; readonly quantity: number };

/**
 * expired → paid, for money that came late. Nothing where the booking is in any other state, costs something else, its
 * event is off sale, or its buyer has all seats by now that the event grants; then nothing has changed. Throws where
 * Postgres knows of another live booking of a seat: the unique index is the arbiter here too.
 */
export async function reviveBooking(
  sql: Sql,
  { bookingId, amountMinor }: Worth,
  seats: readonly SeatAgain[],
): Promise<PaidBooking | undefined> {
  const expired = await lockExpired(sql, { bookingId, amountMinor });
  if (expired === undefined || expired.quantity !== seats.length) return undefined;
  if (!(await countAgain(sql, expired))) return undefined;
  const taken = await sql.query<FreedSeat>(
    `update booking_seats s set live = true, seat_number = again.seat_number
       from unnest($2::int[], $3::int[]) as again (position, seat_number)
      where s.booking_id = $1 and s.position = again.position and not s.given_back
      returning s.section_id as "sectionId", s.seat_number as "seatNumber"`,
    [bookingId, seats.map(({ position }) => position), seats.map(({ seatNumber }) => seatNumber)],
  );
  if (taken.rowCount !== seats.length) throw new Error(`booking ${bookingId} has not all of these seats`);
  await changeStandingStock(sql, standingOf(taken.rows), 1);
  return markRevived(sql, bookingId);
}

/** The event's row is shared until the end: its cancellation comes before this, or finds the booking paid. */
async function lockExpired(sql: Sql, { bookingId, amountMinor }: Worth): Promise<Expired | undefined> {
  const locked = await sql.query<Expired & { status: string }>(
    `select b.event_id as "eventId", b.identity, b.quantity, e.status
       from bookings b join events e on e.id = b.event_id
      where b.id = $1 and b.status = 'expired' and b.total_minor = $2
        for no key update of b for share of e`,
    [bookingId, amountMinor],
  );
  const [expired] = locked.rows;
  return expired?.status === "active" ? expired : undefined;
}

async function markRevived(sql: Sql, bookingId: BookingId): Promise<PaidBooking | undefined> {
  const revived = await sql.query<PaidBooking>(
    `update bookings set status = 'paid', ended_at = null where id = $1
     returning id, event_id as "eventId", buyer_id as "buyerId", status`,
    [bookingId],
  );
  return revived.rows[0];
}
