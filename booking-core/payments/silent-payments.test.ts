import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { decide } from "../../test/harness/money.ts";
import type { Payment } from "./payment.ts";
import { paymentProviders } from "./payment-providers.ts";
import { settleWebhooks } from "./settle-webhooks.ts";
import { askAboutSilentPayments, silentText } from "./silent-payments.ts";
import { openPaymentTest, type PaymentTest } from "./test-payments.ts";

/** A shop that never hears its provider. */
let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: false, receiveWebhooks: false });
});
afterAll(() => here.close());

const minute = 60_000;
const at = (nowMs: number) => ({ ...here.till, clock: { now: () => nowMs } });

test("a payment whose webhooks are lost is settled once, by asking the provider after a minute", async () => {
  const booking = await here.book();
  await decide((await here.startPayment(booking)).payUrl, "approve");
  await askAboutSilentPayments(at(Date.now() + 50_000));
  expect(await here.statusOf(booking)).toBe("pending_payment");
  await Promise.all([1, 2, 3].map((times) => askAboutSilentPayments(at(Date.now() + times * 2 * minute))));
  expect(await here.statusOf(booking)).toBe("paid");
  await here.expectCounts(booking, { tickets: 2, transfers: 1, notifications: 1 });
});

test("a decline that was lost is found in the same way", async () => {
  const booking = await here.book();
  await decide((await here.startPayment(booking)).payUrl, "decline");
  await askAboutSilentPayments(at(Date.now() + minute + 1_000));
  expect(await here.paymentStatuses(booking)).toEqual(["failed"]);
});

/** What the provider says of it comes, where all other messages are lost. */
async function hear(payment: Payment, type: string) {
  const { body, signature } = here.webhook(payment, { type });
  await here.till.inbox.receive("sandbox", body, signature);
  const waiting = await here.shop.pool.query<{ id: string }>(
    "select id from webhook_inbox where settled_at is null",
  );
  const inboxIds = waiting.rows.map(({ id }) => id);
  expect(await settleWebhooks(here.till, [{ id: "job", data: { inboxIds } }])).toEqual(new Map());
}

test("a payment that was called failed and then paid is found by asking, though that message is lost", async () => {
  const booking = await here.book();
  const payment = await here.startPayment(booking);
  await hear(payment, "payment.failed");
  expect(await here.paymentStatuses(booking)).toEqual(["failed"]);
  await decide(payment.payUrl, "approve");
  await askAboutSilentPayments(at(Date.now() + minute + 1_000));
  expect(await here.statusOf(booking)).toBe("paid");
  await here.expectCounts(booking, { tickets: 2, transfers: 1 });
});

test("a payment that failed is asked about ever more rarely, for two days; one that was never made, not at all", async () => {
  const failed = await here.startPayment(await here.book());
  const refused = await here.startPayment(await here.book());
  for (const payment of [failed, refused]) {
    await hear(payment, "payment.failed");
    await decide(payment.payUrl, "decline");
  }
  await here.shop.pool.query("update payments set problem = 'refused' where id = $1", [refused.id]);
  const hoursAsked: number[] = [];
  const { status } = here.till.provider;
  const startMs = Date.now();
  for (let hours = 0.25; hours <= 60; hours += 0.25) {
    const provider = {
      ...here.till.provider,
      status: (id: string) => {
        if (id === failed.providerPaymentId) hoursAsked.push(hours);
        expect(id).not.toBe(refused.providerPaymentId);
        return status(id);
      },
    };
    await askAboutSilentPayments({
      ...at(startMs + hours * 60 * minute),
      providers: paymentProviders(provider),
    });
  }
  expect(hoursAsked[0]).toBe(0.25);
  expect(hoursAsked.length).toBeLessThan(25);
  expect(hoursAsked.at(-1)).toBeGreaterThan(30);
  expect(hoursAsked.at(-1)).toBeLessThanOrEqual(48);
});

test("the search for whom to ask about goes by its index, however many payments there are", async () => {
  const { pool } = here.shop;
  const { id } = await here.startPayment(await here.book());
  await pool.query(
    `insert into payments (id, booking_id, buyer_id, provider, status, amount_minor, currency, created_at)
     select gen_random_uuid(), booking_id, buyer_id, provider, 'succeeded', amount_minor, currency, now() - n * interval '1 minute'
       from payments, generate_series(1, 5000) n where id = $1`,
    [id],
  );
  await pool.query("analyze payments");
  const times = [0, 1, 48 * 60].map((minutes) => new Date(Date.now() - minutes * minute));
  const plan = await pool.query<{ "QUERY PLAN": string }>(`explain ${silentText}`, times);
  const text = plan.rows.map((row) => row["QUERY PLAN"]).join("\n");
  expect(text).toContain("payments_silent");
  expect(text).not.toContain("Seq Scan");
});

test("a provider that cannot be asked about one payment is asked about the others", async () => {
  const [stuck, other] = [await here.book(), await here.book()];
  const stuckPayment = await here.startPayment(stuck);
  await decide((await here.startPayment(other)).payUrl, "approve");
  const { status } = here.till.provider;
  const provider = {
    ...here.till.provider,
    status: (id: string) =>
      id === stuckPayment.providerPaymentId ? Promise.reject(new Error("no answer")) : status(id),
  };
  await askAboutSilentPayments({ ...at(Date.now() + minute + 1_000), providers: paymentProviders(provider) });
  expect([await here.statusOf(stuck), await here.statusOf(other)]).toEqual(["pending_payment", "paid"]);
});

test("a payment that stays open is asked about after a minute, then ever more rarely", async () => {
  const payment = await here.startPayment(await here.book());
  const startMs = Date.now();
  const asked: number[] = [];
  const { status } = here.till.provider;
  for (let minutes = 0; minutes <= 60; minutes += 0.25) {
    const provider = {
      ...here.till.provider,
      status: (id: string) => {
        if (id === payment.providerPaymentId) asked.push(minutes);
        return status(id);
      },
    };
    await askAboutSilentPayments({
      ...at(startMs + minutes * minute),
      providers: paymentProviders(provider),
    });
  }
  const gaps = asked.map((minutes, index) => minutes - (asked[index - 1] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1);
  expect(gaps[0]).toBeLessThanOrEqual(1.25);
  expect(gaps.at(-1)).toBeGreaterThan(8);
  expect(gaps).toEqual(gaps.toSorted((one, other) => one - other));
});

/** Six hundred payments like one that stays. */
async function openCrowd(name: string) {
  const { pool } = here.shop;
  const payment = await here.startPayment(await here.book());
  await pool.query(
    `insert into payments (id, booking_id, buyer_id, provider, provider_payment_id, status, amount_minor, currency)
     select gen_random_uuid(), booking_id, buyer_id, provider, $2 || n, 'pending', amount_minor, currency
       from payments, generate_series(1, 600) n where id = $1`,
    [payment.id, `${name} `],
  );
  const pending = () => Promise.resolve({ status: "pending" as const, amount: payment.amount });
  /** Whom of the crowd the provider was asked about. */
  const askAll = async (nowMs: number, answer: typeof pending) => {
    const asked: string[] = [];
    const status = (id: string) => {
      asked.push(id);
      return answer();
    };
    const providers = paymentProviders({ ...here.till.provider, status });
    await askAboutSilentPayments({ ...at(nowMs), providers });
    return asked.filter((id) => id.startsWith(`${name} `));
  };
  const close = () =>
    pool.query(
      "update payments set status = 'failed', settled_at = now() where provider_payment_id like $1",
      [`${name} %`],
    );
  return { askAll, pending, close };
}

test("a crowd of silent payments is asked about in one go, and of a provider that is away no more than a batch", async () => {
  const { askAll, pending, close } = await openCrowd("crowd");
  const nowMs = Date.now() + 2 * minute;
  const askedInVain = await askAll(nowMs, () => Promise.reject(new Error("no answer")));
  expect(askedInVain.length).toBeGreaterThan(390);
  expect(askedInVain.length).toBeLessThanOrEqual(400);
  expect(await askAll(nowMs + 5 * minute, pending)).toHaveLength(600);
  await close();
});

test("where the provider is slow, who was left out comes first the next time, and nobody is asked twice before", async () => {
  const { askAll, pending, close } = await openCrowd("queue");
  const nowMs = Date.now() + 60 * minute;
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const slow = () => {
      vi.advanceTimersByTime(100);
      return pending();
    };
    const asked: string[] = [];
    let runs = 0;
    while (asked.length < 600 && runs < 10) {
      const now = await askAll(nowMs + runs, slow);
      expect(now.length).toBeLessThanOrEqual(110);
      asked.push(...now);
      runs += 1;
    }
    expect(new Set(asked).size).toBe(600);
    expect(asked).toHaveLength(600);
  } finally {
    vi.useRealTimers();
    await close();
  }
});
