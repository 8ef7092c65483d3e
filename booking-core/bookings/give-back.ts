import type { BookingId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { Booking } from "./booking.ts";

type Problem = { readonly outcome: "payment_under_way" | "last_seat_stays" | "seats_not_booked" };

/** Why a booking cannot give these seats back; `done` where it gave them back before. */
export async function giveBackProblem(
  sql: Sql,
  { id, seats }: Booking,
  positions: readonly number[],
): Promise<Problem | "done" | undefined> {
  const booked = new Set(seats.map(({ position }) => position));
  const others = positions.filter((position) => !booked.has(position));
  const given = await givenBack(sql, id, others);
  if (given.length < others.length) return { outcome: "seats_not_booked" };
  if (others.length === positions.length) return "done";
  if (positions.length - others.length === booked.size) return { outcome: "last_seat_stays" };
  return (await isBeingPaid(sql, id)) ? { outcome: "payment_under_way" } : undefined;
}

async function givenBack(sql: Sql, id: BookingId, positions: readonly number[]): Promise<unknown[]> {
  if (positions.length === 0) return [];
  const found = await sql.query(
    "select position from booking_seats where booking_id = $1 and position = any($2::int[]) and given_back",
    [id, positions],
  );
  return found.rows;
}

/** To be asked under the lock of the booking's row: a payment takes it too before it begins. */
async function isBeingPaid(sql: Sql, id: BookingId): Promise<boolean> {
  const found = await sql.query(
    "select from payments where booking_id = $1 and status in ('created', 'pending') limit 1",
    [id],
  );
  return found.rowCount === 1;
}
