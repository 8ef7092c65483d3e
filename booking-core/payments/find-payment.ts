import type { BookingId, PaymentId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { Payment, PaymentStatus } from "./payment.ts";

type PaymentRow = {
  id: PaymentId;
  booking_id: BookingId;
  provider: "sandbox";
  provider_payment_id: string | null;
  status: PaymentStatus;
  amount_minor: bigint;
  currency: string;
  pay_url: string | null;
};

export async function findPayment(sql: Sql, id: PaymentId): Promise<Payment | undefined> {
  return toPayment(await sql.query<PaymentRow>("select * from payments where id = $1", [id]));
}

/** Locks the payment, so that what two messages say of it is settled one after the other. */
export async function lockPayment(sql: Sql, id: PaymentId): Promise<Payment | undefined> {
  return toPayment(await sql.query<PaymentRow>("select * from payments where id = $1 for update", [id]));
}

function toPayment({ rows: [row] }: { rows: PaymentRow[] }): Payment | undefined {
  if (row === undefined) return undefined;
  return {
    id: row.id,
    bookingId: row.booking_id,
    provider: row.provider,
    providerPaymentId: row.provider_payment_id,
    status: row.status,
    amount: { amountMinor: row.amount_minor, currency: row.currency },
    payUrl: row.pay_url,
  };
}
