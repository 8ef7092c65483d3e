import { chargeOf } from "./decision.ts";
import { type NewRefund, plainTelling } from "./entries.ts";
import type { Recorder } from "./recorder.ts";
import type { Payment, Refund } from "./shelf.ts";
import { newId } from "./tell.ts";

export type RefundOutcome =
  | { readonly outcome: "made" | "known"; readonly refund: Refund }
  | { readonly outcome: "key_reused" | "not_paid" | "more_than_is_left" };

export type RefundWish = {
  readonly idempotencyKey: string;
  readonly reference: string;
  /** All that is left where it is not said. */
  readonly amountMinor: number | undefined;
};

/** The same key gives the same refund. All refunds of a payment together are never more than it. */
export function giveBack(recorder: Recorder, payment: Payment, wish: RefundWish): RefundOutcome {
  const known = recorder.shelf.refundsByKey.get(wish.idempotencyKey);
  if (known !== undefined)
    return isSame(known, payment, wish) ? { outcome: "known", refund: known } : { outcome: "key_reused" };
  if (payment.status !== "succeeded") return { outcome: "not_paid" };
  const leftMinor = leftOf(payment);
  const amountMinor = wish.amountMinor ?? leftMinor;
  if (amountMinor === 0 || amountMinor > leftMinor) return { outcome: "more_than_is_left" };
  const { idempotencyKey, reference } = wish;
  const made = { id: newId("ref"), idempotencyKey, paymentId: payment.id, amountMinor, reference };
  const refund: Refund = { ...made, ...fateOf(recorder, payment) };
  recorder.record({ type: "refund_made", refund }, ...newsOf(recorder, payment, refund));
  endLater(recorder, refund);
  return { outcome: "made", refund };
}

function isSame(known: Refund, { id }: Payment, { reference, amountMinor }: RefundWish): boolean {
  const isSameAmount = amountMinor === undefined || amountMinor === known.amountMinor;
  return known.paymentId === id && known.reference === reference && isSameAmount;
}

function leftOf(payment: Payment): number {
  return chargeOf(payment).amountMinor - payment.refundedMinor - payment.refundPendingMinor;
}

function fateOf({ shelf, lateMs }: Recorder, { id, behaviours }: Payment): Pick<Refund, "status" | "ending"> {
  if (behaviours.includes("refund_refused")) return { status: "failed" };
  const atMs = Date.now() + lateMs;
  if (behaviours.includes("refund_fails_late"))
    return { status: "pending", ending: { status: "failed", atMs } };
  if (behaviours.includes("refund_pending"))
    return { status: "pending", ending: { status: "succeeded", atMs } };
  if (behaviours.includes("refund_taken_back") && !shelf.refundList.some(({ paymentId }) => paymentId === id))
    return { status: "succeeded", ending: { status: "failed", atMs } };
  return { status: "succeeded" };
}

function newsOf(recorder: Recorder, payment: Payment, refund: Refund) {
  const { status } = refund;
  return status === "pending"
    ? []
    : recorder.news({ payment, type: `refund.${status}`, refund, telling: plainTelling });
}

/** Ends later what is not at its end yet, also where the sandbox has died between. */
export function endLater(recorder: Recorder, { id, status, ending, paymentId }: NewRefund): void {
  const payment = recorder.shelf.payments.get(paymentId);
  const refund = recorder.shelf.refunds.get(id);
  if (ending === undefined || ending.status === status || payment === undefined || refund === undefined)
    return;
  recorder.at(ending.atMs, () =>
    recorder.record(
      { type: "refund_decided", refundId: id, status: ending.status },
      ...newsOf(recorder, payment, { ...refund, status: ending.status }),
    ),
  );
}
