import type { BookingId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";

/** Whose the money of some seats is. The three sum to what was paid for them. */
export type Split = { readonly netMinor: bigint; readonly feeMinor: bigint; readonly taxMinor: bigint };

/** Of the seats that a booking has, as their offers say. */
export async function splitOfBooking(sql: Sql, bookingId: BookingId): Promise<Split> {
  const found = await sql.query<Split>(
    `select coalesce(sum(o.price_minor - o.fee_minor - o.tax_minor), 0)::bigint as "netMinor",
            coalesce(sum(o.fee_minor), 0)::bigint as "feeMinor", coalesce(sum(o.tax_minor), 0)::bigint as "taxMinor"
       from booking_seats s join offers o on o.id = s.offer_id
      where s.booking_id = $1 and not s.given_back`,
    [bookingId],
  );
  return found.rows[0] as Split;
}
