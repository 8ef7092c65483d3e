import type { BookingId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";

/** Whose the money of some seats is: the net is the organiser's, and the three parts together are the price. */
export type SeatSplit = {
  readonly priceMinor: bigint;
  readonly feeMinor: bigint;
  readonly taxMinor: bigint;
  readonly netMinor: bigint;
};

/** Seats of a booking by their positions; without them all that it has. */
export type SeatsOfBooking = { readonly bookingId: BookingId; readonly positions?: readonly number[] };

/**
 * What was paid stands with the seat, its parts with the offer. They belong together for ever: a price that was sold
 * for never changes, and offers of before there were charges have none.
 */
const statement = `
  select a.booking_id, sum(s.price_minor)::bigint as price, sum(o.fee_minor)::bigint as fee,
         sum(o.tax_minor)::bigint as tax, count(*)::int as seats
    from unnest($1::uuid[], $2::text[]) as a (booking_id, positions)
    join booking_seats s on s.booking_id = a.booking_id and not s.given_back
     and (a.positions is null or s.position = any(a.positions::integer[]))
    join offers o on o.id = s.offer_id
   group by a.booking_id`;

type SplitRow = { booking_id: BookingId; price: bigint; fee: bigint; tax: bigint; seats: number };

/**
 * One query, whatever the number of bookings; each may be named once. A booking that has no seats (any more) is
 * missing in the answer; where a named position is none of its seats, somebody has counted wrong, and it throws.
 */
export async function splitOfSeats(
  sql: Sql,
  asked: readonly SeatsOfBooking[],
): Promise<ReadonlyMap<BookingId, SeatSplit>> {
  const positionsOf = new Map(asked.map(({ bookingId, positions }) => [bookingId, positions]));
  if (positionsOf.size !== asked.length) throw new Error("a booking is named twice");
  const values = asked.map(({ positions }) => (positions === undefined ? null : `{${positions.join()}}`));
  const found = await sql.query<SplitRow>({
    name: "split-of-seats",
    text: statement,
    values: [asked.map(({ bookingId }) => bookingId), values],
  });
  const splits = new Map(found.rows.map((row) => [row.booking_id, splitOf(row)]));
  const counts = new Map(found.rows.map((row) => [row.booking_id, row.seats]));
  for (const [bookingId, positions] of positionsOf)
    if (positions !== undefined && (counts.get(bookingId) ?? 0) !== positions.length)
      throw new Error(`of booking ${bookingId} there are no such seats: ${positions.join(", ")}`);
  return splits;
}

function splitOf({ price, fee, tax }: SplitRow): SeatSplit {
  return { priceMinor: price, feeMinor: fee, taxMinor: tax, netMinor: price - fee - tax };
}
