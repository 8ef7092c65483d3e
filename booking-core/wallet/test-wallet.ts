import { randomUUID } from "node:crypto";
import { type BuyerId, type PaymentId, uuidSource } from "../../foundation/ids.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import { lockPayments } from "../payments/find-payment.ts";
import { settleTopUp } from "./settle-top-up.ts";

/** The row of a top-up that waits to be paid. */
export async function openTopUp(
  pool: Pool,
  buyerId: BuyerId,
  amountMinor: bigint,
  currency = "EUR",
): Promise<PaymentId> {
  const id = uuidSource.next<PaymentId>();
  await pool.query(
    `insert into payments (id, buyer_id, purpose, provider, status, amount_minor, currency)
     values ($1, $2, 'top_up', 'sandbox', 'pending', $3, $4)`,
    [id, buyerId, amountMinor, currency],
  );
  return id;
}

export function payTopUp(pool: Pool, id: PaymentId): Promise<void> {
  return inTransaction(pool, async (sql) => {
    const payment = (await lockPayments(sql, [id])).get(id);
    if (payment === undefined) throw new Error(`there is no payment ${id}`);
    await settleTopUp({ ids: uuidSource }, sql, payment, { providerPaymentId: `sandbox ${id}` });
  });
}

export async function fillWallet(
  pool: Pool,
  buyerId: BuyerId,
  amountMinor: bigint,
  currency = "EUR",
): Promise<PaymentId> {
  const id = await openTopUp(pool, buyerId, amountMinor, currency);
  await payTopUp(pool, id);
  return id;
}

export const newBuyerId = () => randomUUID() as BuyerId;
