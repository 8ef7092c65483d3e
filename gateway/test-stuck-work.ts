import { uuidFromParts } from "../foundation/ids.ts";
import type { GatewayServices } from "./services.ts";

const testNotification = {
  id: uuidFromParts("notification"),
  bookingId: uuidFromParts("booking", "1") as never,
  channel: "email",
  template: "tickets",
  language: "en",
  status: "failed",
  attempts: 3,
  recipient: "a@b.example",
  subject: "Your tickets",
  content: "Thank you.",
  lastError: "550 no such user",
  createdAtMs: 1_799_000_000_000,
  sentAtMs: null,
} as const;

export const testNotificationLog: GatewayServices["notificationLog"] = {
  list: async () => ({ items: [testNotification], next: { createdAtUs: 7n, id: testNotification.id } }),
  resend: async () => "queued",
  dismiss: async () => "dismissed",
};

export const testStuckWork: GatewayServices["stuckWork"] = {
  counts: async () => ({
    ...{ deadLetters: 1, parkedWebhooks: 2, parkedRefunds: 3, failedEmails: 4, parkedPayments: 5 },
  }),
  parkedPayments: async () => ({
    items: [
      {
        id: uuidFromParts("payment") as never,
        bookingId: uuidFromParts("booking", "1") as never,
        buyerId: uuidFromParts("buyer") as never,
        provider: "sandbox",
        providerPaymentId: "pay_1",
        asked: { amountMinor: 4_500n, currency: "EUR" },
        received: { amountMinor: 4_400n, currency: "EUR" },
        problem: "wrong_amount",
        parkedAtMs: 1_799_000_000_000,
      },
    ],
    next: undefined,
  }),
  deadLetters: async () => ({
    items: [
      {
        ...{ id: uuidFromParts("dead letter"), queue: "send-email", data: { notificationId: "n" } },
        ...{ error: "no mail server", attempts: 201, atMs: 1_799_000_000_000 },
      },
    ],
    next: undefined,
  }),
  retryDeadLetter: async () => "done",
  dismissDeadLetter: async () => "done",
  parkedWebhooks: async () => ({
    items: [
      {
        ...{ id: uuidFromParts("webhook"), provider: "sandbox", providerEventId: "evt_1", body: "{}" },
        ...{ outcome: "parked: the payment is not ours", attempts: 1, receivedAtMs: 1_799_000_000_000 },
      },
    ],
    next: undefined,
  }),
  replayWebhook: async () => "done",
  dismissWebhook: async () => "done",
  openRefunds: async ({ status }) => ({
    items: [
      {
        id: uuidFromParts("refund") as never,
        paymentId: uuidFromParts("payment") as never,
        bookingId: null,
        reason: "too_late",
        status,
        amount: { amountMinor: 4_500n, currency: "EUR" },
        problem: "the provider refuses",
        createdAtMs: 1_799_000_000_000,
      },
    ],
    next: undefined,
  }),
  retryRefund: async () => "done",
};
