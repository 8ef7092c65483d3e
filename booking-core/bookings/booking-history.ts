import type { BookingId, BuyerId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { Booking, BookingStatus } from "./booking.ts";
import { type BookingRow, bookingColumnsText, toBooking } from "./find-booking.ts";

/** Behind which booking a page begins. Bookings that come later are newer, so they move nothing of what follows. */
export type HistoryCursor = { readonly createdAtUs: bigint; readonly id: BookingId };

export type HistoryPage = {
  readonly bookings: readonly Booking[];
  /** Nothing where this is the last page. */
  readonly next: HistoryCursor | undefined;
};

export type HistoryRequest = {
  readonly buyerId: BuyerId;
  readonly limit: number;
  readonly status?: BookingStatus | undefined;
  readonly after?: HistoryCursor | undefined;
};

const statement = `
  select ${bookingColumnsText}, (extract(epoch from b.created_at) * 1000000)::bigint as created_at_us
    from bookings b
   where b.buyer_id = $1 and ($2::text is null or b.status = $2)
     and ($3::bigint is null or (b.created_at, b.id) < ('epoch'::timestamptz + $3 * interval '1 microsecond', $4::uuid))
   order by b.created_at desc, b.id desc limit $5`;

type Row = BookingRow & { readonly created_at_us: bigint };

/** A buyer's bookings, the newest first. */
export async function readHistory(sql: Sql, request: HistoryRequest): Promise<HistoryPage> {
  const { buyerId, status = null, after, limit } = request;
  // One more than wanted tells whether there is another page.
  const values = [buyerId, status, after?.createdAtUs ?? null, after?.id ?? null, limit + 1];
  const { rows } = await sql.query<Row>({ name: "booking-history", text: statement }, values);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const next = last && { createdAtUs: last.created_at_us, id: last.id };
  return { bookings: rows.slice(0, limit).map(toBooking), next };
}
