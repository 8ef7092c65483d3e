import { z } from "zod";
import type { OpenRefund } from "../../booking-core/stuck-work/open-refunds.ts";
import type { ParkedPayment } from "../../booking-core/stuck-work/parked-payments.ts";
import type { ParkedWebhook } from "../../booking-core/stuck-work/parked-webhooks.ts";
import type { DeadLetter } from "../../booking-core/stuck-work/stuck-work.ts";
import type { BookingId, BuyerId, PaymentId, RefundId } from "../../foundation/ids.ts";
import { idSchema } from "./id.ts";
import { moneySchema, moneyView } from "./money.ts";
import { timeSchema, timeView } from "./time.ts";

export const deadLetterSchema = z
  .strictObject({
    id: idSchema<string>("The dead letter."),
    queue: z.string().meta({ description: "Where its job failed, and where it goes back to." }),
    data: z.unknown().meta({ description: "What the job is about: ids." }),
    error: z.string().meta({ description: "What it failed of, the last time." }),
    attempts: z.int().positive(),
    at: timeSchema("When it was given up."),
  })
  .meta({ id: "DeadLetter" });

export function deadLetterView({ atMs, ...same }: DeadLetter): z.infer<typeof deadLetterSchema> {
  return { ...same, at: timeView(atMs) };
}

export const parkedWebhookSchema = z
  .strictObject({
    id: idSchema<string>("The message."),
    provider: z.string(),
    providerEventId: z.string(),
    body: z.string().meta({ description: "As the provider sent and signed it." }),
    outcome: z.string().meta({ description: "Why it is parked." }),
    attempts: z.int().nonnegative(),
    receivedAt: timeSchema("When it came."),
  })
  .meta({ id: "ParkedWebhook" });

export function parkedWebhookView({
  receivedAtMs,
  ...same
}: ParkedWebhook): z.infer<typeof parkedWebhookSchema> {
  return { ...same, receivedAt: timeView(receivedAtMs) };
}

export const parkedPaymentSchema = z
  .strictObject({
    id: idSchema<PaymentId>("The payment."),
    bookingId: idSchema<BookingId>("The booking; null for one that fills a wallet.").nullable(),
    buyerId: idSchema<BuyerId>("Who has paid."),
    provider: z.enum(["sandbox", "stripe"]),
    providerPaymentId: z.string().nullable().meta({ description: "Its id there." }),
    asked: moneySchema.meta({ description: "What the provider was to collect." }),
    received: moneySchema.meta({ description: "What it says has come." }),
    problem: z.string().nullable().meta({ description: "Why it bought nothing." }),
    parkedAt: timeSchema("When it came."),
  })
  .meta({ id: "ParkedPayment" });

export function parkedPaymentView({
  parkedAtMs,
  asked,
  received,
  ...same
}: ParkedPayment): z.input<typeof parkedPaymentSchema> {
  return {
    ...same,
    asked: moneyView(asked),
    received: moneyView(received),
    parkedAt: timeView(parkedAtMs),
  };
}

export const openRefundSchema = z
  .strictObject({
    id: idSchema<RefundId>("The refund."),
    paymentId: idSchema<PaymentId>("Of what is given back."),
    bookingId: idSchema<BookingId>("The booking; null for a payment of none.").nullable(),
    reason: z.enum(["buyer", "organiser", "event_cancelled", "too_late", "paid_twice", "wrong_amount"]),
    status: z.enum(["pending", "parked"]),
    amount: moneySchema.meta({ description: "Through the provider." }),
    problem: z.string().nullable().meta({ description: "Why it is parked." }),
    createdAt: timeSchema("When it was promised."),
  })
  .meta({ id: "OpenRefund" });

export function openRefundView({
  createdAtMs,
  amount,
  ...same
}: OpenRefund): z.input<typeof openRefundSchema> {
  return { ...same, amount: moneyView(amount), createdAt: timeView(createdAtMs) };
}
