import { randomBytes } from "node:crypto";
import type { Entry, Journal, NewPayment, Refund, Webhook } from "./journal.ts";

export type Payment = NewPayment & { status: "pending" | "succeeded" | "failed" | "refunded" };

export type Books = {
  readonly payments: ReadonlyMap<string, Payment>;
  readonly refunds: ReadonlyMap<string, Refund>;
  /** Due and not delivered. */
  readonly webhooks: ReadonlyMap<string, Webhook>;
  /** Nothing where the books are full. The same key gives the same payment. */
  create(wanted: Omit<NewPayment, "id">): Payment | undefined;
  /** False where it was decided before. */
  decide(payment: Payment, status: "succeeded" | "failed"): boolean;
  /** Nothing where the payment has no money to give back. The same key gives the same refund. */
  refund(payment: Payment, idempotencyKey: string): Refund | undefined;
  finishWebhook(webhookId: string, delivered: boolean): void;
};

const paymentsMost = 200_000;

export function openBooks(journal: Journal, onWebhook: (webhook: Webhook) => void): Books {
  const payments = new Map<string, Payment>();
  const refunds = new Map<string, Refund>();
  const webhooks = new Map<string, Webhook>();
  const byKey = new Map<string, string>();

  function apply(entry: Entry): void {
    switch (entry.type) {
      case "payment_created":
        payments.set(entry.payment.id, { ...entry.payment, status: "pending" });
        byKey.set(entry.payment.idempotencyKey, entry.payment.id);
        return;
      case "payment_decided":
        setStatus(entry.paymentId, entry.status);
        return;
      case "refund_made":
        refunds.set(entry.refund.idempotencyKey, entry.refund);
        setStatus(entry.refund.paymentId, "refunded");
        return;
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

  function record(entry: Entry): void {
    journal.append(entry);
    apply(entry);
    if (entry.type === "webhook_due") onWebhook(entry.webhook);
  }

  function tell(payment: Payment, type: string): void {
    const {
      id: paymentId,
      reference,
      amountMinor,
      currency,
      webhookCopies: copies,
      webhookDelayMs,
    } = payment;
    const id = newId("evt");
    const body = JSON.stringify({ id, type, data: { paymentId, reference, amountMinor, currency } });
    record({ type: "webhook_due", webhook: { id, body, copies, dueAtMs: Date.now() + webhookDelayMs } });
  }

  for (const entry of journal.entries) apply(entry);
  return {
    payments,
    refunds,
    webhooks,
    create(wanted) {
      const known = payments.get(byKey.get(wanted.idempotencyKey) ?? "");
      if (known !== undefined || payments.size >= paymentsMost) return known;
      const id = newId("pay");
      record({ type: "payment_created", payment: { ...wanted, id } });
      return payments.get(id);
    },
    decide(payment, status) {
      if (payment.status !== "pending") return false;
      record({ type: "payment_decided", paymentId: payment.id, status });
      tell(payment, `payment.${status}`);
      return true;
    },
    refund(payment, idempotencyKey) {
      const known = refunds.get(idempotencyKey);
      if (known !== undefined) return known;
      if (payment.status !== "succeeded") return undefined;
      const refund = {
        id: newId("ref"),
        idempotencyKey,
        paymentId: payment.id,
        amountMinor: payment.amountMinor,
      };
      record({ type: "refund_made", refund });
      tell(payment, "refund.succeeded");
      return refund;
    },
    finishWebhook: (webhookId, delivered) => record({ type: "webhook_done", webhookId, delivered }),
  };
}

function newId(kind: string): string {
  return `${kind}_${randomBytes(12).toString("hex")}`;
}
