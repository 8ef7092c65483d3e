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
  created_at: Date;
};

const select = `select r.*, p.provider, p.provider_payment_id from refunds r join payments p on p.id = r.payment_id`;

export async function findRefund(sql: Sql, id: RefundId): Promise<Refund | undefined> {
  return (await sql.query<RefundRow>(`${select} where r.id = $1`, [id])).rows.map(toRefund)[0];
}

/** Locked, so that the provider's answer and its message finish it once. */
export async function lockRefund(sql: Sql, id: RefundId): Promise<Refund | undefined> {
  const found = await sql.query<RefundRow>(`${select} where r.id = $1 for no key update of r`, [id]);
  return found.rows.map(toRefund)[0];
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
    createdAtMs: row.created_at.getTime(),
  };
}
