import type { Behaviour } from "./behaviours.ts";
import type { Decision, Entry, NewPayment, NewRefund, Promised, Webhook } from "./entries.ts";

export type Payment = NewPayment & {
  status: "pending" | Decision;
  /** The bank has asked the buyer once more. */
  isAtBank: boolean;
  promise: Promised | undefined;
  behaviours: readonly Behaviour[];
  refundedMinor: number;
  refundPendingMinor: number;
};

export type Refund = NewRefund & { readonly reference: string; status: "pending" | Decision };

/** What the entries add up to. */
export type Shelf = {
  readonly payments: Map<string, Payment>;
  readonly list: Payment[];
  readonly byKey: Map<string, Payment>;
  readonly refunds: Map<string, Refund>;
  readonly refundList: Refund[];
  readonly refundsByKey: Map<string, Refund>;
  /** Due and not delivered. */
  readonly webhooks: Map<string, Webhook>;
};

export function emptyShelf(): Shelf {
  return {
    payments: new Map(),
    list: [],
    byKey: new Map(),
    refunds: new Map(),
    refundList: [],
    refundsByKey: new Map(),
    webhooks: new Map(),
  };
}

export function shelve(shelf: Shelf, entry: Entry): void {
  switch (entry.type) {
    case "payment_created":
      return addPayment(shelf, entry.payment);
    case "second_step_asked":
      return changePayment(shelf, entry.paymentId, entry.behaviours, (payment) => {
        payment.isAtBank = true;
      });
    case "payment_promised":
      return changePayment(shelf, entry.paymentId, entry.behaviours, (payment) => {
        payment.promise = entry.promise;
      });
    case "payment_decided":
      return changePayment(shelf, entry.paymentId, entry.behaviours ?? [], (payment) => {
        payment.status = entry.status;
        payment.promise = undefined;
      });
    case "refund_made":
      return addRefund(shelf, entry.refund);
    case "refund_decided":
      return decideRefund(shelf, entry.refundId, entry.status);
    case "webhook_due":
      shelf.webhooks.set(entry.webhook.id, entry.webhook);
      return;
    case "webhook_done":
      shelf.webhooks.delete(entry.webhookId);
  }
}

function addPayment({ payments, list, byKey }: Shelf, created: NewPayment): void {
  const payment: Payment = {
    ...{ ...created, behaviours: created.behaviours ?? [], status: "pending", isAtBank: false },
    ...{ promise: undefined, refundedMinor: 0, refundPendingMinor: 0 },
  };
  payments.set(payment.id, payment);
  list.push(payment);
  byKey.set(payment.idempotencyKey, payment);
}

function changePayment(
  { payments }: Shelf,
  id: string,
  more: readonly Behaviour[],
  change: (payment: Payment) => void,
): void {
  const payment = payments.get(id);
  if (payment === undefined) return;
  if (more.length > 0) payment.behaviours = [...payment.behaviours, ...more];
  change(payment);
}

function addRefund({ payments, refunds, refundList, refundsByKey }: Shelf, made: NewRefund): void {
  const refund: Refund = { reference: made.idempotencyKey, status: "succeeded", ...made };
  refunds.set(refund.id, refund);
  refundList.push(refund);
  refundsByKey.set(refund.idempotencyKey, refund);
  const payment = payments.get(refund.paymentId);
  if (payment === undefined) return;
  if (refund.status === "pending") payment.refundPendingMinor += refund.amountMinor;
  if (refund.status === "succeeded") payment.refundedMinor += refund.amountMinor;
}

function decideRefund({ payments, refunds }: Shelf, id: string, status: Decision): void {
  const refund = refunds.get(id);
  const payment = refund && payments.get(refund.paymentId);
  if (refund === undefined || payment === undefined) return;
  if (refund.status === "pending") payment.refundPendingMinor -= refund.amountMinor;
  if (refund.status === "succeeded") payment.refundedMinor -= refund.amountMinor;
  refund.status = status;
  if (status === "succeeded") payment.refundedMinor += refund.amountMinor;
}
