import { randomUUID } from "node:crypto";
import { chargeOf } from "./decision.ts";
import type { Telling, Webhook } from "./entries.ts";
import type { Faults, WebhookFaults } from "./faults.ts";
import type { Payment, Refund } from "./shelf.ts";

/** What happened to a payment or to one of its refunds. */
export type News = {
  readonly payment: Payment;
  readonly type: "payment.succeeded" | "payment.failed" | "refund.succeeded" | "refund.failed";
  readonly refund?: Refund;
  readonly telling: Telling;
};

/** The webhooks that tell it, as the payment's behaviours and chance want them. None where they are lost. */
export function webhooksOf(news: News, faults: Faults, lateMs: number): Webhook[] {
  const { payment, type } = news;
  const chance = faults.drawWebhook();
  if (chance.isLost || payment.behaviours.includes("webhook_lost")) return [];
  const webhook = shape(news, chance, lateMs);
  const isSecondTry = type === "payment.succeeded" && payment.behaviours.includes("webhook_out_of_order");
  if (!isSecondTry) return [webhook];
  const firstTry = { ...news, type: "payment.failed" } as const;
  return [webhook, { ...shape(firstTry, chance, lateMs), isHeldBack: true }];
}

function shape(news: News, chance: WebhookFaults, lateMs: number): Webhook {
  const { telling, payment } = news;
  const { behaviours } = payment;
  const id = newId("evt");
  const delayMs = Math.max(telling.delayMs, chance.delayMs, behaviours.includes("webhook_late") ? lateMs : 0);
  const isTwice = chance.isDuplicated || behaviours.includes("webhook_twice");
  return {
    id,
    body: bodyOf(id, news),
    copies: Math.max(telling.copies, isTwice ? 2 : 1),
    dueAtMs: Date.now() + delayMs,
    isForgedFirst: chance.isForgedFirst || behaviours.includes("webhook_forged_first"),
    isUnknownFirst: chance.isUnknownFirst || behaviours.includes("webhook_unknown_first"),
    isHeldBack: chance.isHeldBack,
  };
}

function bodyOf(id: string, { payment, type, refund }: News): string {
  const { id: paymentId, reference } = payment;
  const { amountMinor, currency } = chargeOf(payment);
  const told = { paymentId, reference, amountMinor, currency };
  if (refund === undefined) return JSON.stringify({ id, type, data: told });
  const ofRefund = {
    amountMinor: refund.amountMinor,
    refundId: refund.id,
    refundReference: refund.reference,
  };
  return JSON.stringify({ id, type, data: { ...told, ...ofRefund } });
}

/** Node keeps random bytes in store for this only: 0.2 instead of 7 µs. */
export function newId(kind: string): string {
  return `${kind}_${randomUUID().replaceAll("-", "")}`;
}
