import type { BookingId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { type SeatSplit, splitOfSeats } from "./split-of-seats.ts";

/** Of all seats that a booking has. */
export async function splitOfBooking(sql: Sql, bookingId: BookingId): Promise<SeatSplit> {
  const split = (await splitOfSeats(sql, [{ bookingId }])).get(bookingId);
  if (split === undefined) throw new Error(`booking ${bookingId} has no seats`);
  return split;
}
