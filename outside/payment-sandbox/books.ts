import { randomBytes } from "node:crypto";
import type { Entry, Journal, NewPayment, Refund, Webhook } from "./journal.ts";

export type Payment = NewPayment & { status: "pending" | "succeeded" | "failed" | "refunded" };

export type CreateOutcome =
  | { readonly outcome: "created" | "known"; readonly payment: Payment }
  | { readonly outcome: "key_reused" | "books_full" };

/** How the news of a decision travels: a test asks for duplicates, delays and, with them, another order. */
export type Behaviour = { readonly webhookCopies: number; readonly webhookDelayMs: number };

export type Books = {
  readonly payments: ReadonlyMap<string, Payment>;
  readonly refunds: ReadonlyMap<string, Refund>;
  /** Due and not delivered. */
  readonly webhooks: ReadonlyMap<string, Webhook>;
  /** The same key gives the same payment. */
  create(wanted: Omit<NewPayment, "id">): CreateOutcome;
  /** False where it was decided before. */
  decide(payment: Payment, status: "succeeded" | "failed", behaviour: Behaviour): boolean;
  /** Nothing where the payment has no money to give back. The same key gives the same refund. */
  refund(payment: Payment, idempotencyKey: string): Refund | undefined;
  finishWebhook(webhookId: string, delivered: boolean): void;
};

const paymentsMost = 200_000;
const plainBehaviour: Behaviour = { webhookCopies: 1, webhookDelayMs: 0 };

export function openBooks(journal: Journal, onWebhook: (webhook: Webhook) => void): Books {
  const payments = new Map<string, Payment>();
  const refunds = new Map<string, Refund>();
  const webhooks = new Map<string, Webhook>();
  const byKey = new Map<string, Payment>();

  function apply(entry: Entry): void {
    switch (entry.type) {
      case "payment_created": {
        const payment: Payment = { ...entry.payment, status: "pending" };
        payments.set(payment.id, payment);
        byKey.set(payment.idempotencyKey, payment);
        return;
      }
      case "payment_decided":
        return setStatus(entry.paymentId, entry.status);
      case "refund_made":
        refunds.set(entry.refund.idempotencyKey, entry.refund);
        return setStatus(entry.refund.paymentId, "refunded");
      case "webhook_due":
        webhooks.set(entry.webhook.id, entry.webhook);
        return;
      case "webhook_done":
        webhooks.delete(entry.webhookId);
    }
  }

  function setStatus(paymentId: string, status: Payment["status"]): void {
    const payment = payments.get(paymentId);
    if (payment !== undefined) payment.status = status;
  }

  function record(...entries: Entry[]): void {
    journal.append(...entries);
    for (const entry of entries) apply(entry);
    for (const entry of entries) if (entry.type === "webhook_due") onWebhook(entry.webhook);
  }

  for (const entry of journal.entries) apply(entry);
  return {
    payments,
    refunds,
    webhooks,
    create(wanted) {
      const known = byKey.get(wanted.idempotencyKey);
      if (known !== undefined)
        return isSame(known, wanted) ? { outcome: "known", payment: known } : { outcome: "key_reused" };
      if (payments.size >= paymentsMost) return { outcome: "books_full" };
      record({ type: "payment_created", payment: { ...wanted, id: newId("pay") } });
      return { outcome: "created", payment: byKey.get(wanted.idempotencyKey) as Payment };
    },
    decide(payment, status, behaviour) {
      if (payment.status !== "pending") return false;
      const decided: Entry = { type: "payment_decided", paymentId: payment.id, status };
      record(decided, news(payment, `payment.${status}`, behaviour));
      return true;
    },
    refund(payment, idempotencyKey) {
      const known = refunds.get(idempotencyKey);
      if (known !== undefined) return known.paymentId === payment.id ? known : undefined;
      if (payment.status !== "succeeded") return undefined;
      const { id: paymentId, amountMinor } = payment;
      const refund = { id: newId("ref"), idempotencyKey, paymentId, amountMinor };
      record({ type: "refund_made", refund }, news(payment, "refund.succeeded", plainBehaviour));
      return refund;
    },
    finishWebhook: (webhookId, delivered) => record({ type: "webhook_done", webhookId, delivered }),
  };
}

function news(payment: Payment, type: string, behaviour: Behaviour): Entry {
  const { id: paymentId, reference, amountMinor, currency } = payment;
  const id = newId("evt");
  const body = JSON.stringify({ id, type, data: { paymentId, reference, amountMinor, currency } });
  const dueAtMs = Date.now() + behaviour.webhookDelayMs;
  return { type: "webhook_due", webhook: { id, body, copies: behaviour.webhookCopies, dueAtMs } };
}

function isSame(known: Payment, wanted: Omit<NewPayment, "id">): boolean {
  return (["amountMinor", "currency", "reference", "returnUrl"] as const).every(
    (field) => known[field] === wanted[field],
  );
}

function newId(kind: string): string {
  return `${kind}_${randomBytes(12).toString("hex")}`;
}
