import type { Sql } from "../../foundation/postgres/pool.ts";
import { type NewTransfer, recordTransfers } from "../ledger/record-transfers.ts";
import { type NewRefund, openRefunds, type RefundParts } from "../refunds/open-refunds.ts";
import type { Payment, PaymentFact } from "./payment.ts";

/** Money that is here, for a payment which the caller has locked. */
export type Received = { readonly payment: Payment; readonly fact: PaymentFact };

/** It has bought nothing, and why: people look at another amount than was asked for, and all else goes back. */
export type Kept<Problem = "wrong_amount" | BoughtNothing> = Received & { readonly problem: Problem };
export type BoughtNothing = "too_late" | "paid_twice";

/** The money is the buyer's, and stays here until somebody has looked. */
export async function keepReceived(
  { ids }: Pick<RefundParts, "ids">,
  sql: Sql,
  kept: readonly Kept[],
): Promise<void> {
  await sql.query({
    name: "keep-received",
    text: `update payments p
        set status = k.status, problem = k.problem, settled_at = now(), received_minor = k.amount_minor,
            received_currency = k.currency, provider_payment_id = coalesce(p.provider_payment_id, k.provider_payment_id)
       from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
         as k (id, status, problem, amount_minor, currency, provider_payment_id)
      where p.id = k.id`,
    values: [
      kept.map(({ payment }) => payment.id),
      kept.map(({ problem }) => (problem === "wrong_amount" ? "parked" : "succeeded")),
      kept.map(({ problem }) => problem),
      kept.map(({ fact }) => fact.amount.amountMinor),
      kept.map(({ fact }) => fact.amount.currency),
      kept.map(({ fact }) => fact.providerPaymentId),
    ],
  });
  await recordTransfers(sql, ids, kept.map(receiptOf));
}

/** The money goes back in full. What wallets have put aside for it is the caller's matter. */
export async function giveBackReceived(
  parts: RefundParts,
  sql: Sql,
  kept: readonly Kept<BoughtNothing>[],
): Promise<void> {
  if (kept.length === 0) return;
  await keepReceived(parts, sql, kept);
  await openRefunds(parts, sql, kept.map(refundOf));
}

function receiptOf({ payment: { id, bookingId, provider }, fact: { amount } }: Kept): NewTransfer {
  const { amountMinor, currency } = amount;
  return {
    ...{ key: `payment ${id}`, kind: "payment", currency, bookingId, paymentId: id },
    entries: [
      { account: { kind: "provider_clearing", party: provider }, amountMinor },
      { account: { kind: "buyer_refunds", party: bookingId ?? id }, amountMinor: -amountMinor },
    ],
  };
}

function refundOf({ payment, fact, problem: reason }: Kept<BoughtNothing>): NewRefund {
  const { id, bookingId, buyerId } = payment;
  const { amountMinor, currency } = fact.amount;
  return {
    ...{
      paymentId: id,
      bookingId,
      buyerId,
      reason,
      positions: null,
      key: `payment ${id}`,
      requestedBy: null,
    },
    ...{ amountMinor, walletMinor: 0n, currency },
  };
}
