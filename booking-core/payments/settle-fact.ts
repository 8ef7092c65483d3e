import { isUuid } from "../../foundation/ids.ts";
import type { Logger } from "../../foundation/log.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { reviveBookings, type SeatAgain } from "../bookings/revive-bookings.ts";
import { finishRefunds, parkRefund } from "../refunds/finish-refund.ts";
import type { RefundParts } from "../refunds/open-refunds.ts";
import { returnWallet, takeWalletAgain } from "../wallet/return-wallet.ts";
import { settleTopUp } from "../wallet/settle-top-up.ts";
import type { LateBooking } from "./claim-again.ts";
import { failPayments, isUnderWay } from "./fail-payments.ts";
import { lockPayments } from "./find-payment.ts";
import { type BoughtNothing, giveBackReceived, type Kept, keepReceived } from "./keep-received.ts";
import { lockBooking, type PaidBooking, payBooking } from "./pay-booking.ts";
import { followPayments, worthOf } from "./pay-bookings.ts";
import type { DisputeFact, Payment, PaymentFact, ProviderFact, RefundFact } from "./payment.ts";

export type SettleParts = RefundParts & { readonly logger: Logger };

/** A dispute settles nothing: people decide. */
export type SettledFact = Exclude<ProviderFact, DisputeFact>;

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
      return park(parts, fact, "the message cannot be read");
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
function park({ logger }: SettleParts, fact: SettledFact, why: string): Settled {
  const { providerEventId, kind } = fact;
  const paymentId = "paymentId" in fact ? fact.paymentId : undefined;
  logger.error({ providerEventId, kind, paymentId, why }, "a message of the payment provider is parked");
  return { status: "parked", outcome: why };
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
    return park(parts, fact, "the payment is not ours");
  if (!isOf(fact, payment)) return park(parts, fact, "the provider has another payment under this id");
  if (fact.kind === "payment_failed") return settleFailure(parts, sql, payment);
  if (payment.status === "succeeded" || payment.status === "parked") return settled("nothing new");
  if (isSame(fact, payment)) return settleSuccess(parts, sql, payment, fact, seats);
  if (fact.amount.amountMinor <= 0n) return park(parts, fact, "the amount is nothing");
  await keepReceived(parts, sql, [{ payment, fact, problem: "wrong_amount" }]);
  await returnWallet(parts, sql, [payment]);
  return park(parts, fact, "the amount is not what was asked for");
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
  if (!isUuid(fact.refundId) || !isUuid(fact.paymentId)) return park(parts, fact, "the refund is not ours");
  const found = await sql.query<{ amount_minor: bigint; currency: string; status: string; attempt: number }>(
    `select r.amount_minor, r.currency, r.status, r.attempt from refunds r join payments p on p.id = r.payment_id
      where r.id = $1 and r.payment_id = $2 and p.provider = $3 for no key update of r`,
    [fact.refundId, fact.paymentId, fact.provider],
  );
  const [refund] = found.rows;
  if (refund === undefined) return park(parts, fact, "the refund is not ours");
  if (fact.attempt !== refund.attempt) return settleOtherTry(parts, fact);
  if (refund.status === "done" && fact.kind === "refund_failed")
    return park(parts, fact, "the provider has taken back a refund that was done");
  if (refund.status === "done") return settled("nothing new");
  const { amountMinor, currency } = fact.amount;
  if (refund.amount_minor !== amountMinor || refund.currency !== currency)
    return park(parts, fact, "the amount is not what was to be given back");
  const { refundId: id, attempt, providerRefundId } = fact;
  if (fact.kind === "refund_succeeded") {
    await finishRefunds(parts, sql, [{ id, providerRefundId }]);
    return settled("refunded");
  }
  await parkRefund(sql, { id, attempt }, "the provider could not give it back");
  return park(parts, fact, "the provider could not give it back");
}

/** People have tried again since: a late no is no news. A late yes may be the second time that the money goes back. */
function settleOtherTry(parts: SettleParts, fact: RefundFact): Settled {
  if (fact.kind === "refund_failed") return settled("nothing new: it was tried again since");
  return park(parts, fact, "the provider has done another try of this refund: it may have gone back twice");
}
