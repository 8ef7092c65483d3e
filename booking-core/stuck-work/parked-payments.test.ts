import { afterAll, beforeAll, expect, test } from "vitest";
import type { PaymentId } from "../../foundation/ids.ts";
import type { Payment } from "../payments/payment.ts";
import { paymentProviders } from "../payments/payment-providers.ts";
import { settleWebhook } from "../payments/settle-webhook.ts";
import { askAboutSilentPayments } from "../payments/silent-payments.ts";
import { openPaymentTest, type PaymentTest } from "../payments/test-payments.ts";
import { refundParkedPayment } from "../refunds/refund-parked-payment.ts";
import { createStuckWork, type StuckWork } from "./stuck-work.ts";

const actor = { id: null, email: "admin@onsale.example" };
let here: PaymentTest;
let stuck: StuckWork;
let nowMs = Date.now();

beforeAll(async () => {
  here = await openPaymentTest({ work: false });
  stuck = createStuckWork({ ...here.till, clock: { now: () => nowMs } });
});
afterAll(() => here.close());

async function isListed(id: PaymentId): Promise<boolean> {
  return (await stuck.parkedPayments({ limit: 100 })).items.some((payment) => payment.id === id);
}

async function counted(): Promise<number> {
  nowMs += 60_000;
  return (await stuck.counts()).parkedPayments;
}

/** The provider says that less has come than was asked for. Gives the message. */
async function payLess(payment: Payment): Promise<string> {
  const { body, signature } = here.webhook(payment, { amountMinor: 1_234 });
  expect(await here.till.inbox.receive("sandbox", body, signature)).toEqual({ outcome: "stored" });
  const { id: eventId } = JSON.parse(body.toString()) as { id: string };
  const found = await here.shop.pool.query<{ id: string }>(
    "select id from webhook_inbox where provider_event_id = $1",
    [eventId],
  );
  const inboxId = found.rows[0]?.id ?? "";
  await settleWebhook(here.till, { inboxId });
  return inboxId;
}

test("another amount is listed and counted until it goes back, however its message is replayed", async () => {
  const payment = await here.startPayment(await here.book());
  const before = await counted();
  const inboxId = await payLess(payment);
  const [listed] = (await stuck.parkedPayments({ limit: 1 })).items;
  expect(listed).toMatchObject({
    ...{ id: payment.id, bookingId: payment.bookingId, problem: "wrong_amount" },
    ...{ asked: payment.amount, received: { amountMinor: 1_234n, currency: "EUR" } },
  });
  expect(await stuck.replayWebhook(actor, inboxId)).toBe("done");
  await settleWebhook(here.till, { inboxId });
  expect((await stuck.parkedWebhooks({ limit: 100 })).items).toEqual([]);
  expect([await isListed(payment.id), await counted()]).toEqual([true, before + 1]);

  const refunded = await refundParkedPayment(here.till, actor, payment.id, "it was a test");
  expect(refunded).toMatchObject({ outcome: "refunded", fresh: true, refund: { amountMinor: 1_234n } });
  expect([await isListed(payment.id), await counted()]).toEqual([false, before]);
});

test("another amount that is found by asking the provider is listed too", async () => {
  const payment = await here.startPayment(await here.book());
  const amount = { amountMinor: 1n, currency: "EUR" };
  const status = async () => ({ status: "succeeded" as const, amount });
  const providers = paymentProviders({ ...here.till.provider, status });
  const clock = { now: () => Date.now() + 61_000 };
  await askAboutSilentPayments({ ...here.till, providers, clock });
  expect(await isListed(payment.id)).toBe(true);
});

test("parked payments come in pages, the newest first", async () => {
  for (let made = 0; made < 3; made += 1) await payLess(await here.startPayment(await here.book()));
  const first = await stuck.parkedPayments({ limit: 2 });
  const second = await stuck.parkedPayments({ limit: 100, after: first.next });
  const times = [...first.items, ...second.items].map(({ parkedAtMs }) => parkedAtMs);
  expect(times.length).toBeGreaterThan(2);
  expect(times).toEqual(times.toSorted((one, other) => other - one));
});
