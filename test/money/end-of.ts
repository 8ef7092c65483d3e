import type { BookingId, BuyerId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";

type Row = {
  booking: string | null;
  tickets: number;
  payments: string;
  refunds: string | null;
  wallet: bigint;
};

/** What has become of a buyer's money and booking, in one line. The payment that had filled the wallet before is not of it. */
export async function endOf(pool: Pool, buyerId: BuyerId, bookingId: BookingId | undefined): Promise<string> {
  const found = await pool.query<Row>(
    `select (select status from bookings where id = $2) as booking,
            (select count(*)::int from tickets where booking_id = $2 and status = 'valid') as tickets,
            (select string_agg(concat_ws(' ', status, problem), ', ' order by concat_ws(' ', status, problem)) from payments
              where buyer_id = $1 and booking_id is not distinct from $2) as payments,
            (select string_agg(amount_minor || case status when 'done' then ' back' else ' ' || status end, ', ') from refunds r
              where booking_id is not distinct from $2
                and payment_id in (select id from payments where buyer_id = $1)) as refunds,
            (select coalesce(-sum(b.balance_minor), 0)::bigint from account_balances b join ledger_accounts a on a.id = b.account_id
              where a.kind = 'buyer_wallet' and a.party = $1::text) as wallet`,
    [buyerId, bookingId ?? null],
  );
  const [row] = found.rows;
  if (row === undefined) return "nothing";
  const tickets = row.tickets === 0 ? "no tickets" : `${row.tickets} tickets`;
  const booking = row.booking === null ? [] : [`${row.booking}, ${tickets}`];
  return [
    ...booking,
    row.payments,
    ...(row.refunds === null ? [] : [row.refunds]),
    `wallet ${row.wallet}`,
  ].join("; ");
}
