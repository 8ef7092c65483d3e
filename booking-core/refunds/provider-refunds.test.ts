import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decide } from "../../test/harness/money.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Booking } from "../bookings/booking.ts";
import { readAudit } from "../rooms/audit.ts";
import { createStuckWork } from "../stuck-work/stuck-work.ts";
import type { Refund } from "./refund.ts";
import { refundPayment } from "./refund-payments.ts";
import { createRefunds } from "./refunds.ts";
import { askAboutSilentRefunds } from "./silent-refunds.ts";
import { openRefundTest, type RefundTest } from "./test-refunds.ts";

let here: RefundTest;
beforeAll(async () => {
  here = await openRefundTest();
});
afterAll(() => here.close());

type Answer = Awaited<ReturnType<RefundTest["till"]["provider"]["refund"]>>;
const minute = 60_000;

/** The provider answers so from now on. */
function answering(answer: () => Promise<Answer>) {
  const asked: unknown[] = [];
  const provider = {
    ...here.till.provider,
    refund: (wish: Parameters<typeof here.till.provider.refund>[0]) => {
      asked.push(wish);
      return answer();
    },
  };
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: "warn" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const providers = { current: provider, of: () => provider };
  return { parts: { ...here.till, providers, logger }, asked, lines };
}

/** Its job is lost: only the test asks the provider. */
async function pendingRefund(booking: Booking): Promise<Refund> {
  const { jobs } = here.till;
  const insert: typeof jobs.insert = async (sql, name, wanted) =>
    name === "refund-payment" ? undefined : jobs.insert(sql, name, wanted);
  const refunds = createRefunds({ ...here.till, jobs: { ...jobs, insert } });
  const refunded = await refunds.askedByBuyer(booking.buyerId, here.ask(booking), randomUUID());
  if (refunded.outcome !== "refunded") throw new Error(refunded.outcome);
  return refunded.refund;
}

const stateOf = async ({ id }: Refund) => {
  const found = await here.shop.pool.query<{ status: string; provider_refund_id: string | null }>(
    "select status, provider_refund_id from refunds where id = $1",
    [id],
  );
  return found.rows[0];
};

/** What the provider says of one try of it, and what that led to. */
async function tell(refund: Refund, type: string, attempt = ""): Promise<string> {
  const { providerPaymentId: paymentId, paymentId: reference, id } = refund;
  const of = { paymentId, reference, refundReference: `${id}${attempt}`, refundId: "ref_told" };
  const told = { id: `evt_${randomUUID()}`, type, data: { ...of, amountMinor: 4_500, currency: "EUR" } };
  const { body, signature } = here.signed(told);
  await here.till.inbox.receive("sandbox", body, signature);
  return here.settledOutcome(told.id);
}

describe("a refund at the provider", () => {
  test("whose outcome is not known fails, and is asked for again with the same key", async () => {
    const refund = await pendingRefund(await here.paid(1));
    const { parts, asked } = answering(() => Promise.reject(new Error("no answer")));
    const again = () => refundPayment(parts, { refundId: refund.id });
    await expect(again()).rejects.toThrow("no answer");
    await expect(again()).rejects.toThrow("no answer");
    expect(asked).toMatchObject([
      { refundId: refund.id, attempt: 0 },
      { refundId: refund.id, attempt: 0 },
    ]);
    expect(await stateOf(refund)).toMatchObject({ status: "pending" });
  });

  test("that is refused for good is parked, says why and of what, and goes on when people try again", async () => {
    const booking = await here.paid(1);
    const refund = await pendingRefund(booking);
    const refusing = answering(async () => ({ status: "failed", providerRefundId: null }));
    await refundPayment(refusing.parts, { refundId: refund.id });
    expect(await stateOf(refund)).toMatchObject({ status: "parked" });
    expect(refusing.lines).toMatchObject([
      { level: 50, refundId: refund.id, eventId: booking.eventId, bookingId: booking.id, reason: "buyer" },
    ]);
    await refundPayment(refusing.parts, { refundId: refund.id });
    expect(refusing.asked).toHaveLength(1);
    const actor = { id: null, email: "admin@onsale.example" };
    expect(await createStuckWork(here.till).retryRefund(actor, refund.id)).toBe("done");
    await waitFor(async () => (await stateOf(refund))?.status === "done", { what: "the refund" });
    expect(await here.givenBack(booking)).toBe(4_500);
  });

  test("that was refused under one key is another refund for the provider when people try again", async () => {
    const booking = await here.paid(1);
    const refund = await pendingRefund(booking);
    const wish = {
      ...{
        refundId: refund.id,
        paymentId: refund.paymentId,
        providerPaymentId: refund.providerPaymentId ?? "",
      },
      amount: { amountMinor: 10_000_000n, currency: "EUR" },
    };
    const { provider } = here.till;
    expect(await provider.refund(wish)).toMatchObject({ status: "failed" });
    const amount = { amountMinor: 4_500n, currency: "EUR" };
    expect(await provider.refund({ ...wish, amount, attempt: 1 })).toMatchObject({ status: "succeeded" });
  });

  test("that is pending there is no failure, and is asked about after a minute, ever more rarely", async () => {
    const refund = await pendingRefund(await here.paid(1));
    const { parts, asked } = answering(async () => ({ status: "pending", providerRefundId: "ref_later" }));
    await refundPayment(parts, { refundId: refund.id });
    expect(await stateOf(refund)).toEqual({ status: "pending", provider_refund_id: "ref_later" });
    const times: number[] = [];
    const own = () => asked.filter((wish) => (wish as { refundId: string }).refundId === refund.id).length;
    for (let second = 0; second < 600; second += 10) {
      const before = own();
      await askAboutSilentRefunds({ ...parts, clock: { now: () => refund.createdAtMs + second * 1_000 } });
      if (own() > before) times.push(second);
    }
    expect(times[0]).toBeGreaterThan(60);
    expect(times.length).toBeGreaterThan(3);
    expect(times.length).toBeLessThan(9);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(gaps.at(-1)).toBeGreaterThan(gaps[0] ?? 0);
    const clock = { now: () => Date.now() + 60 * minute };
    await askAboutSilentRefunds({ ...here.till, clock });
    expect(await stateOf(refund)).toMatchObject({ status: "done" });
  });

  test("that people have tried again is not parked by what the provider says late of the try before", async () => {
    const refund = await pendingRefund(await here.paid(1));
    await tell(refund, "refund.failed");
    await here.shop.pool.query("update refunds set status = 'pending', attempt = 1 where id = $1", [
      refund.id,
    ]);
    expect(await tell(refund, "refund.failed")).toMatch(/nothing new/);
    expect(await stateOf(refund)).toMatchObject({ status: "pending" });
    const { parts } = answering(async () => {
      await here.shop.pool.query("update refunds set attempt = 2 where id = $1", [refund.id]);
      return { status: "failed", providerRefundId: null };
    });
    await refundPayment(parts, { refundId: refund.id });
    expect(await stateOf(refund)).toMatchObject({ status: "pending" });
    expect(await tell(refund, "refund.succeeded", "-1")).toMatch(/may have gone back twice/);
    expect(await stateOf(refund)).toMatchObject({ status: "pending" });
    await tell(refund, "refund.failed", "-2");
    expect(await stateOf(refund)).toMatchObject({ status: "parked" });
    await tell(refund, "refund.succeeded", "-2");
    expect(await stateOf(refund)).toEqual({ status: "done", provider_refund_id: "ref_told" });
    expect(await tell(refund, "refund.succeeded")).toMatch(/may have gone back twice/);
  });

  test("that fails is one thing that waits for people, however often it is tried again and refused", async () => {
    const parked = async () =>
      (await here.shop.pool.query("select from webhook_inbox where status = 'parked'")).rowCount;
    const before = await parked();
    const refund = await pendingRefund(await here.paid(1));
    await tell(refund, "refund.failed");
    await here.shop.pool.query("update refunds set status = 'pending', attempt = 1 where id = $1", [
      refund.id,
    ]);
    expect(await tell(refund, "refund.failed", "-1")).toMatch(/could not give it back: the refund is parked/);
    expect(await stateOf(refund)).toMatchObject({ status: "parked" });
    expect(await parked()).toBe(before);
  });

  test("ends by the provider's message, for the better also after it was parked", async () => {
    const booking = await here.paid(1);
    const refund = await pendingRefund(booking);
    await tell(refund, "refund.failed");
    expect(await stateOf(refund)).toMatchObject({ status: "parked" });
    await tell(refund, "refund.succeeded");
    expect(await stateOf(refund)).toMatchObject({ status: "done" });
    await here.expectCounts(booking, { transfers: 3 });
  });
});

test("all that came of a payment with a wrong amount goes back when an admin says so, once", async () => {
  const booking = await here.book({ quantity: 1 });
  const payment = await here.startPayment(booking);
  await here.shop.pool.query("update payments set amount_minor = amount_minor + 1 where id = $1", [
    payment.id,
  ]);
  const actor = { id: null, email: "admin@onsale.example" };
  const giveBack = () => here.refunds.ofParkedPayment(actor, payment.id, "a cent is missing");
  expect(await giveBack()).toEqual({ outcome: "not_stuck" });
  await decide(payment.payUrl, "approve");
  await here.paymentBecomes(payment, "parked");
  const outcomes = await Promise.all([giveBack(), giveBack(), giveBack()]);
  expect(outcomes.filter((outcome) => outcome.outcome === "refunded" && outcome.fresh)).toHaveLength(1);
  await here.refundDone(payment);
  expect(await here.givenBack(booking)).toBe(4_500);
  const noted = (await readAudit(here.shop.pool, booking.eventId, 9)).map(({ action, after }) => [
    action,
    after,
  ]);
  expect(noted).toEqual([["payment_refunded", { paymentId: payment.id, why: "a cent is missing" }]]);
});
