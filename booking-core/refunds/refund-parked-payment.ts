import type { BuyerId, EventId, PaymentId } from "../../foundation/ids.ts";
import { inTransactionAgain, type Sql } from "../../foundation/postgres/pool.ts";
import { lockPayments } from "../payments/find-payment.ts";
import type { Payment } from "../payments/payment.ts";
import { type Actor, type AuditedParts, writeAudit } from "../rooms/audit.ts";
import { returnWallet } from "../wallet/return-wallet.ts";
import { findRefundByKey } from "./find-refund.ts";
import { openRefunds, type RefundParts } from "./open-refunds.ts";
import type { Refund } from "./refund.ts";

export type ParkedRefundOutcome =
  | { readonly outcome: "refunded"; readonly refund: Refund; readonly fresh: boolean }
  /** It is not there, or is not one that people must decide about. */
  | { readonly outcome: "not_stuck" };

/**
 * All that has come of a payment that is parked goes back, once, and what was put aside for it is in the wallet again. The
 * payment stays parked: it bought nothing.
 */
export async function refundParkedPayment(
  parts: RefundParts & AuditedParts,
  actor: Actor,
  paymentId: PaymentId,
  why: string,
): Promise<ParkedRefundOutcome> {
  const key = `payment ${paymentId}`;
  return inTransactionAgain(parts.pool, async (sql) => {
    const payment = (await lockPayments(sql, [paymentId])).get(paymentId);
    if (payment?.status !== "parked") return { outcome: "not_stuck" };
    const known = await findRefundByKey(sql, key);
    if (known !== undefined) return { outcome: "refunded", refund: known, fresh: false };
    await open(parts, sql, payment, { key, requestedBy: actor.id as BuyerId | null });
    await returnWallet(parts, sql, [payment]);
    await note(parts, sql, actor, payment, why);
    const refund = await findRefundByKey(sql, key);
    if (refund === undefined) throw new Error(`the refund of payment ${paymentId} was just made and is gone`);
    return { outcome: "refunded", refund, fresh: true };
  });
}

async function open(
  parts: RefundParts,
  sql: Sql,
  { id: paymentId, bookingId, buyerId, received }: Payment,
  request: { readonly key: string; readonly requestedBy: BuyerId | null },
): Promise<void> {
  if (received === null) throw new Error(`payment ${paymentId} is parked and nothing has come`);
  const of = { paymentId, bookingId, buyerId, positions: null, reason: "wrong_amount" } as const;
  await openRefunds(parts, sql, [{ ...of, ...request, ...received, walletMinor: 0n }]);
}

async function note(
  parts: AuditedParts,
  sql: Sql,
  actor: Actor,
  { id: paymentId, bookingId, problem }: Payment,
  why: string,
): Promise<void> {
  const found = await sql.query<{ eventId: EventId }>(
    `select event_id as "eventId" from bookings where id = $1`,
    [bookingId],
  );
  const eventId = found.rows[0]?.eventId ?? null;
  const after = { paymentId, why };
  await writeAudit(parts, sql, { eventId, actor, action: "payment_refunded", before: { problem }, after });
}
