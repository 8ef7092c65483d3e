import type { BookingId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { markPaid } from "./transitions.ts";

/** As if what the booking costs had been paid. */
export async function pay(sql: Sql, bookingId: BookingId): Promise<boolean> {
  const found = await sql.query<{ total_minor: bigint }>("select total_minor from bookings where id = $1", [
    bookingId,
  ]);
  const worth = { bookingId, amountMinor: found.rows[0]?.total_minor ?? 0n };
  return (await markPaid(sql, [worth])).length === 1;
}
