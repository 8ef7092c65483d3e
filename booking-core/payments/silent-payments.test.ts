import { afterAll, beforeAll, expect, test } from "vitest";
import type { Money } from "../../foundation/money.ts";
import { decide } from "../../test/harness/money.ts";
import { paymentProviders } from "./payment-providers.ts";
import { askAboutSilentPayments } from "./silent-payments.ts";
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

test("a crowd of silent payments is asked about in one go, and of a provider that is away no more than a batch", async () => {
  const { pool } = here.shop;
  const payment = await here.startPayment(await here.book());
  await pool.query(
    `insert into payments (id, booking_id, buyer_id, provider, provider_payment_id, status, amount_minor, currency)
     select gen_random_uuid(), booking_id, buyer_id, provider, 'crowd ' || n, 'pending', amount_minor, currency
       from payments, generate_series(1, 600) n where id = $1`,
    [payment.id],
  );
  const askAll = async (nowMs: number, answer: () => Promise<{ status: "pending"; amount: Money }>) => {
    const asked: string[] = [];
    const status = (id: string) => {
      asked.push(id);
      return answer();
    };
    const providers = paymentProviders({ ...here.till.provider, status });
    await askAboutSilentPayments({ ...at(nowMs), providers });
    return asked.filter((id) => id.startsWith("crowd")).length;
  };
  const nowMs = Date.now() + 2 * minute;
  const away = () => Promise.reject(new Error("no answer"));
  const pending = () => Promise.resolve({ status: "pending" as const, amount: payment.amount });
  expect(await askAll(nowMs, away)).toBeLessThanOrEqual(400);
  expect(await askAll(nowMs + 5 * minute, pending)).toBe(600);
});
