import { type BookingId, type BuyerId, type EventId, type IdSource, isUuid } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Logger } from "../../foundation/log.ts";
import type { Money } from "../../foundation/money.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { BookingStatus } from "../bookings/booking.ts";
import { markPaid } from "../bookings/transitions.ts";
import { recordTransfer } from "../ledger/record-transfer.ts";
import { queueEmail } from "../notifications/queue-email.ts";
import { issueTickets } from "../tickets/issue-tickets.ts";
import { lockPayment } from "./find-payment.ts";
import { finishRefund } from "./finish-refund.ts";
import type { Payment, PaymentFact, ProviderFact } from "./payment.ts";

export type SettleParts = { readonly jobs: Jobs; readonly ids: IdSource; readonly logger: Logger };

/** What a fact did, in words for the inbox; and the booking that changed with it, to be told once committed. */
export type Settled = { readonly outcome: string; readonly changed?: PaidBooking };
export type PaidBooking = {
  readonly id: BookingId;
  readonly eventId: EventId;
  readonly buyerId: BuyerId;
  readonly status: BookingStatus;
};

/**
 * Everything that follows from what the provider says, in the caller's transaction. The payment's row is locked
 * first: messages about one payment take effect one after the other, and what has taken effect does not again.
 *
 *   created ──▶ pending ──▶ succeeded                 the booking is paid: transfer, tickets, e-mail
 *      └──────────┴──▶ failed ──▶ (succeeded …)       a provider may change its mind, for the better
 *      └──────────┴──▶ refunding ──▶ refunded         paid, but the booking had ended or was paid already
 */
export async function settleFact(parts: SettleParts, sql: Sql, fact: ProviderFact): Promise<Settled> {
  if (fact.kind === "other") return { outcome: "ignored" };
  if (fact.kind === "unreadable") return park(parts, fact, "the message cannot be read");
  const payment = isUuid(fact.paymentId) ? await lockPayment(sql, fact.paymentId) : undefined;
  if (payment === undefined) return park(parts, fact, "the payment is not ours");
  switch (fact.kind) {
    case "payment_succeeded":
      return settleSuccess(parts, sql, payment, fact);
    case "payment_failed":
      return settleFailure(sql, payment);
    case "refund_succeeded":
      return settleRefund(parts, sql, payment, fact);
    case "refund_failed":
      return { outcome: "ignored" };
  }
}

/** Nothing happens by itself any more: the inbox keeps the message and its outcome, and people look. */
function park({ logger }: SettleParts, fact: ProviderFact, why: string): Settled {
  const { providerEventId, kind } = fact;
  const paymentId = "paymentId" in fact ? fact.paymentId : undefined;
  logger.error({ providerEventId, kind, paymentId, why }, "a message of the payment provider is parked");
  return { outcome: `parked: ${why}` };
}

async function settleFailure(sql: Sql, payment: Payment): Promise<Settled> {
  const isOpen = payment.status === "created" || payment.status === "pending";
  if (!isOpen) return { outcome: "nothing new" };
  await sql.query("update payments set status = 'failed', settled_at = now() where id = $1", [payment.id]);
  return { outcome: "payment failed" };
}

async function settleRefund(
  parts: SettleParts,
  sql: Sql,
  payment: Payment,
  fact: PaymentFact,
): Promise<Settled> {
  if (payment.status !== "refunding") return { outcome: "nothing new" };
  if (!isSame(fact.amount, payment.amount)) return park(parts, fact, "the refund is not of the whole amount");
  await finishRefund(parts, sql, payment);
  return { outcome: "refunded" };
}

function isSame(one: Money, other: Money): boolean {
  return one.amountMinor === other.amountMinor && one.currency === other.currency;
}

async function settleSuccess(
  parts: SettleParts,
  sql: Sql,
  payment: Payment,
  fact: PaymentFact,
): Promise<Settled> {
  if (["succeeded", "refunding", "refunded"].includes(payment.status)) return { outcome: "nothing new" };
  if (!isSame(fact.amount, payment.amount)) return park(parts, fact, "the amount is not what was asked for");
  const paid = await markPaid(sql, payment.bookingId, payment.amount.amountMinor);
  await sql.query(
    `update payments set status = $2, settled_at = now(), provider_payment_id = coalesce(provider_payment_id, $3) where id = $1`,
    [payment.id, paid ? "succeeded" : "refunding", fact.providerPaymentId],
  );
  return paid ? settlePaid(parts, sql, payment) : settleTooLate(parts, sql, payment);
}

async function settlePaid(parts: SettleParts, sql: Sql, payment: Payment): Promise<Settled> {
  const { bookingId } = payment;
  const changed = await readBooking(sql, bookingId);
  await recordTransfer(sql, parts.ids, {
    key: `payment ${payment.id}`,
    kind: "payment",
    bookingId,
    paymentId: payment.id,
    from: { kind: "organiser_payable", party: changed.eventId },
    to: { kind: "provider_clearing", party: payment.provider },
    amount: payment.amount,
  });
  await issueTickets(sql, parts.ids, bookingId);
  await queueEmail(parts, sql, { bookingId, template: "tickets", fact: "tickets" });
  await parts.jobs.insert(sql, "apply-holds", [{ data: { bookingIds: [bookingId] } }]);
  return { outcome: "paid", changed };
}

/** The booking has ended, costs less by now, or another payment has paid it: the money is the buyer's, and goes back. */
async function settleTooLate(parts: SettleParts, sql: Sql, payment: Payment): Promise<Settled> {
  await recordTransfer(sql, parts.ids, {
    key: `payment ${payment.id}`,
    kind: "payment",
    bookingId: payment.bookingId,
    paymentId: payment.id,
    from: { kind: "buyer_refunds", party: payment.bookingId },
    to: { kind: "provider_clearing", party: payment.provider },
    amount: payment.amount,
  });
  await parts.jobs.insert(sql, "refund-payment", [{ data: { paymentId: payment.id } }]);
  return { outcome: "the booking could not be paid any more: refunding" };
}

async function readBooking(sql: Sql, bookingId: BookingId): Promise<PaidBooking> {
  const found = await sql.query<PaidBooking>(
    `select id, event_id as "eventId", buyer_id as "buyerId", status from bookings where id = $1`,
    [bookingId],
  );
  if (found.rows[0] === undefined) throw new Error(`there is no booking ${bookingId}`);
  return found.rows[0];
}
