import { isUuid } from "../../foundation/ids.ts";
import type { Logger } from "../../foundation/log.ts";
import { formatMoney } from "../../foundation/money.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { reviveBookings, type SeatAgain } from "../bookings/revive-bookings.ts";
import { lockRefunds } from "../refunds/find-refund.ts";
import { finishRefunds, parkRefund, takeBackRefund } from "../refunds/finish-refund.ts";
import type { RefundParts } from "../refunds/open-refunds.ts";
import type { Refund } from "../refunds/refund.ts";
import { returnWallet, takeWalletAgain } from "../wallet/return-wallet.ts";
import { settleTopUp } from "../wallet/settle-top-up.ts";
import type { LateBooking } from "./claim-again.ts";
import { failPayments, isUnderWay } from "./fail-payments.ts";
import { findSubject, lockPayments } from "./find-payment.ts";
import { type BoughtNothing, giveBackReceived, type Kept, keepReceived } from "./keep-received.ts";
import { lockBooking, type PaidBooking, payBooking } from "./pay-booking.ts";
import { followPayments, worthOf } from "./pay-bookings.ts";
import type { OutsideFact, Payment, PaymentFact, ProviderFact, RefundFact } from "./payment.ts";

export type SettleParts = RefundParts & { readonly logger: Logger };

/** What happened without us settles nothing: people decide. */
export type SettledFact = Exclude<ProviderFact, OutsideFact>;

/** What a fact did, in words for the inbox; and the booking that changed with it, to be told once committed. */
export type Settled = {
  readonly status: "settled" | "ignored" | "parked";
  readonly outcome: string;
  readonly changed?: PaidBooking;
};

/** Nothing was written: the booking has expired, and its seats must be claimed again before there is more to say. */
export type TooLateYet = LateBooking & { readonly status: "late" };

/** What was claimed again for an expired booking, or that it is not to be had. */
export type LateSeats = readonly SeatAgain[] | "gone";

/**
 * Everything that follows from what the provider says, in the caller's transaction. The payment's row is locked
 * first: messages about one payment take effect one after the other, and what has taken effect does not again.
 *
 *   created ──▶ pending ──▶ succeeded                 the booking is paid; or the money goes back, and `problem` says why
 *      └──────────┴──▶ failed ──▶ (succeeded …)       a provider may change its mind, for the better
 *      └──────────┴──▶ parked                         another amount came than was asked for: people look
 */
export async function settleFact(
  parts: SettleParts,
  sql: Sql,
  fact: SettledFact,
  seats?: LateSeats,
): Promise<Settled | TooLateYet> {
  switch (fact.kind) {
    case "other":
      return { status: "ignored", outcome: "ignored" };
    case "unreadable":
      return park(parts, sql, fact, "the message cannot be read");
    case "payment_succeeded":
    case "payment_failed":
      return settlePayment(parts, sql, fact, seats);
    case "refund_succeeded":
    case "refund_failed":
      return settleRefund(parts, sql, fact);
  }
}

function settled(outcome: string, changed?: PaidBooking): Settled {
  return { status: "settled", outcome, ...(changed === undefined ? {} : { changed }) };
}

/** Nothing happens by itself any more: the inbox keeps the message and its outcome, and people look. */
async function park({ logger }: SettleParts, sql: Sql, fact: SettledFact, why: string): Promise<Settled> {
  const { providerEventId, kind } = fact;
  const of = "paymentId" in fact ? await subjectOf(sql, fact) : {};
  logger.error({ providerEventId, kind, ...of, why }, "a message of the payment provider is parked");
  return { status: "parked", outcome: why };
}

/** Of one that is not ours we know what it is called, and no more. */
async function subjectOf(sql: Sql, { provider, paymentId }: PaymentFact | RefundFact) {
  return (await findSubject(sql, provider, paymentId)) ?? { paymentId };
}

async function settlePayment(
  parts: SettleParts,
  sql: Sql,
  fact: PaymentFact,
  seats: LateSeats | undefined,
): Promise<Settled | TooLateYet> {
  const { paymentId } = fact;
  const payment = isUuid(paymentId) ? (await lockPayments(sql, [paymentId])).get(paymentId) : undefined;
  if (payment === undefined || payment.provider !== fact.provider)
    return park(parts, sql, fact, "the payment is not ours");
  if (!isOf(fact, payment)) return park(parts, sql, fact, "the provider has another payment under this id");
  if (fact.kind === "payment_failed") return settleFailure(parts, sql, payment);
  if (payment.status === "succeeded" || payment.status === "parked") return settled("nothing new");
  if (isSame(fact, payment)) return settleSuccess(parts, sql, payment, fact, seats);
  if (fact.amount.amountMinor <= 0n) return park(parts, sql, fact, "the amount is nothing");
  await keepReceived(parts, sql, [{ payment, fact, problem: "wrong_amount" }]);
  await returnWallet(parts, sql, [payment]);
  return park(
    parts,
    sql,
    fact,
    `${formatMoney(fact.amount)} came and ${formatMoney(payment.amount)} was asked for`,
  );
}

async function settleFailure(parts: SettleParts, sql: Sql, payment: Payment): Promise<Settled> {
  if (!isUnderWay(payment)) return settled("nothing new");
  await failPayments(parts, sql, [payment]);
  return settled("payment failed");
}

async function settleSuccess(
  parts: SettleParts,
  sql: Sql,
  payment: Payment,
  fact: PaymentFact,
  seats: LateSeats | undefined,
): Promise<Settled | TooLateYet> {
  if (payment.purpose === "top_up") {
    await settleTopUp(parts, sql, payment, fact);
    return settled("topped up");
  }
  const { bookingId, otherSeats } = payment;
  // Before the wallet, as where a payment begins; of an expired one nothing is written before its seats are claimed.
  const isExpired = bookingId !== null && (await lockBooking(sql, bookingId)) === "expired";
  if (isExpired && seats === undefined) return { status: "late", bookingId, otherSeats };
  return settleBooking(parts, sql, await withWallet(parts, sql, payment), fact, seats);
}

/** The provider said no, and the wallet's part went back; now it says yes, and the part is needed again. */
async function withWallet(parts: SettleParts, sql: Sql, payment: Payment): Promise<Payment> {
  if (payment.walletState !== "returned" || !(await takeWalletAgain(parts, sql, payment))) return payment;
  return { ...payment, walletState: "held" };
}

async function settleBooking(
  parts: SettleParts,
  sql: Sql,
  payment: Payment,
  fact: PaymentFact,
  seats: LateSeats | undefined,
): Promise<Settled> {
  const { providerPaymentId } = fact;
  const paid = await payBooking(parts, sql, payment, providerPaymentId);
  if (paid.outcome === "paid") return settled("paid", paid.booking);
  if (paid.outcome !== "expired") return giveBack(parts, sql, { payment, fact, problem: paid.outcome });
  const tooLate = { payment, fact, problem: "too_late" } as const;
  if (seats === undefined || seats === "gone") return giveBack(parts, sql, tooLate);
  const paying = { payment, providerPaymentId };
  const [booking] = await reviveBookings(sql, [{ ...worthOf(paying), seats }]);
  if (booking === undefined) return giveBack(parts, sql, tooLate);
  await followPayments(parts, sql, [{ ...paying, booking }]);
  return settled("paid late", booking);
}

async function giveBack(parts: SettleParts, sql: Sql, kept: Kept<BoughtNothing>): Promise<Settled> {
  await giveBackReceived(parts, sql, [kept]);
  await returnWallet(parts, sql, [kept.payment]);
  return settled(`${kept.problem}: refunding`);
}

/** One of ours is one of theirs: of a second one under the same id the money would be nobody's. */
export function isOf({ provider, providerPaymentId }: PaymentFact, payment: Payment): boolean {
  const known = payment.providerPaymentId;
  return payment.provider === provider && (known === null || known === providerPaymentId);
}

/** As it was asked for. */
export function isSame({ amount }: PaymentFact, payment: Payment): boolean {
  return amount.amountMinor === payment.amount.amountMinor && amount.currency === payment.amount.currency;
}

async function settleRefund(parts: SettleParts, sql: Sql, fact: RefundFact): Promise<Settled> {
  const refund = await lockTold(sql, fact);
  if (refund === undefined) return park(parts, sql, fact, "the refund is not ours");
  if (fact.attempt !== refund.attempt) return settleOtherTry(parts, sql, fact);
  const { amountMinor, currency } = fact.amount;
  if (refund.amountMinor !== amountMinor || refund.currency !== currency)
    return park(parts, sql, fact, "the amount is not what was to be given back");
  return fact.kind === "refund_succeeded"
    ? settleGiven(parts, sql, fact, refund)
    : settleNotGiven(parts, sql, fact, refund);
}

async function lockTold(
  sql: Sql,
  { refundId, paymentId, provider }: RefundFact,
): Promise<Refund | undefined> {
  if (!isUuid(refundId)) return undefined;
  const [refund] = await lockRefunds(sql, [refundId]);
  return refund?.paymentId === paymentId && refund.provider === provider ? refund : undefined;
}

async function settleGiven(
  parts: SettleParts,
  sql: Sql,
  fact: RefundFact,
  { id, status }: Refund,
): Promise<Settled> {
  if (status === "done") return settled("nothing new");
  const done = await finishRefunds(parts, sql, [{ id, providerRefundId: fact.providerRefundId }]);
  if (done.has(id)) return settled("refunded");
  // Late by all likelihood; if not, the money would go back twice when it is tried again.
  return park(
    parts,
    sql,
    fact,
    "the provider had taken this try back: look at its books before it is tried again",
  );
}

/** Providers say no after a yes, too: the bank of a closed account sends the money back days later. */
async function settleNotGiven(
  parts: SettleParts,
  sql: Sql,
  fact: RefundFact,
  refund: Refund,
): Promise<Settled> {
  if (refund.status === "parked") return settled("nothing new");
  const isTakenBack = refund.status === "done";
  const why = isTakenBack
    ? "the provider has taken back what it had given back"
    : "the provider could not give it back";
  await (isTakenBack ? takeBackRefund(parts, sql, refund, why) : parkRefund(sql, refund, why));
  const { providerEventId, refundId } = fact;
  const of = { providerEventId, refundId, ...(await subjectOf(sql, fact)), reason: refund.reason };
  parts.logger.error({ ...of, why }, "a refund is parked");
  // What waits for people is the refund: its message has nothing left to do, and would count a second time.
  return settled(`${why}: the refund is parked`);
}

/** People have tried again since: a late no is no news. A late yes may be the second time that the money goes back. */
async function settleOtherTry(parts: SettleParts, sql: Sql, fact: RefundFact): Promise<Settled> {
  if (fact.kind === "refund_failed") return settled("nothing new: it was tried again since");
  return park(
    parts,
    sql,
    fact,
    "the provider has done another try of this refund: it may have gone back twice",
  );
}
