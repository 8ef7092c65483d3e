import type { BookingId, PaymentId, RefundId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { Refund } from "./refund.ts";

type RefundRow = {
  id: RefundId;
  payment_id: PaymentId;
  booking_id: BookingId | null;
  reason: Refund["reason"];
  positions: number[] | null;
  amount_minor: bigint;
  wallet_minor: bigint;
  currency: string;
  status: Refund["status"];
  provider: Refund["provider"];
  provider_payment_id: string | null;
  problem: string | null;
  attempt: number;
  created_at: Date;
};

const select = `select r.*, p.provider, p.provider_payment_id from refunds r join payments p on p.id = r.payment_id`;

export async function findRefund(sql: Sql, id: RefundId): Promise<Refund | undefined> {
  return (await sql.query<RefundRow>(`${select} where r.id = $1`, [id])).rows.map(toRefund)[0];
}

/** By the request that it answers. */
export async function findRefundByKey(sql: Sql, key: string): Promise<Refund | undefined> {
  return (await sql.query<RefundRow>(`${select} where r.key = $1`, [key])).rows.map(toRefund)[0];
}

/** The oldest first. */
export async function refundsOf(sql: Sql, bookingId: BookingId): Promise<Refund[]> {
  const found = await sql.query<RefundRow>(`${select} where r.booking_id = $1 order by r.created_at, r.id`, [
    bookingId,
  ]);
  return found.rows.map(toRefund);
}

export async function findRefunds(sql: Sql, ids: readonly RefundId[]): Promise<Refund[]> {
  return (await sql.query<RefundRow>(`${select} where r.id = any($1::uuid[])`, [ids])).rows.map(toRefund);
}

/** In the order of their ids. */
export async function lockRefunds(sql: Sql, ids: readonly RefundId[]): Promise<Refund[]> {
  const found = await sql.query<RefundRow>(
    `${select} where r.id = any($1::uuid[]) order by r.id for no key update of r`,
    [ids],
  );
  return found.rows.map(toRefund);
}

function toRefund(row: RefundRow): Refund {
  return {
    id: row.id,
    paymentId: row.payment_id,
    bookingId: row.booking_id,
    reason: row.reason,
    positions: row.positions,
    amountMinor: row.amount_minor,
    walletMinor: row.wallet_minor,
    currency: row.currency,
    status: row.status,
    provider: row.provider,
    providerPaymentId: row.provider_payment_id,
    problem: row.problem,
    attempt: row.attempt,
    createdAtMs: row.created_at.getTime(),
  };
}
