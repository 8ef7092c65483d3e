import type { IdSource } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { recordTransfers } from "../ledger/record-transfers.ts";
import type { Payment, PaymentFact } from "../payments/payment.ts";
import { walletOf } from "./wallet-accounts.ts";

/** The money of a top-up, which the caller has locked and found to be what was asked for, is the buyer's to spend. */
export async function settleTopUp(
  { ids }: { readonly ids: IdSource },
  sql: Sql,
  payment: Payment,
  { providerPaymentId }: Pick<PaymentFact, "providerPaymentId">,
): Promise<void> {
  const { id: paymentId, purpose, provider, buyerId, amount } = payment;
  if (purpose !== "top_up") throw new Error(`payment ${paymentId} fills no wallet`);
  await sql.query(
    `update payments set status = 'succeeded', settled_at = now(), received_minor = amount_minor,
            received_currency = currency, provider_payment_id = coalesce(provider_payment_id, $2) where id = $1`,
    [paymentId, providerPaymentId],
  );
  await recordTransfers(sql, ids, [
    {
      ...{ key: `payment ${paymentId}`, kind: "top_up", currency: amount.currency, paymentId },
      entries: [
        { account: { kind: "provider_clearing", party: provider }, amountMinor: amount.amountMinor },
        { account: walletOf(buyerId), amountMinor: -amount.amountMinor },
      ],
    },
  ]);
}
