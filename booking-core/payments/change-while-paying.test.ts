import { afterAll, beforeAll, expect, test } from "vitest";
import { decide } from "../../test/harness/money.ts";
import type { Booking } from "../bookings/booking.ts";
import { type ChangeOfMind, createChangeOfMind } from "../bookings/change-of-mind.ts";
import { openPaymentTest, type PaymentTest } from "./test-payments.ts";

let here: PaymentTest;
let mind: ChangeOfMind;
beforeAll(async () => {
  here = await openPaymentTest({ work: true, receiveWebhooks: false });
  mind = createChangeOfMind(here.shop);
});
afterAll(() => here.close());

const mine = ({ id, buyerId }: Booking) => ({ bookingId: id, buyerId });

test("a booking that is cancelled while it is paid has its money back, and no tickets", async () => {
  const booking = await here.book();
  const payment = await here.startPayment(booking);
  expect(await mind.cancel(mine(booking))).toMatchObject({ outcome: "changed", fresh: true });
  await decide(payment.payUrl, "approve");
  const { body, signature } = here.webhook(payment);
  await here.till.inbox.receive("sandbox", body, signature);
  await here.settledOutcome(payment.id);
  await expect.poll(() => here.paymentStatuses(booking)).not.toEqual(["pending"]);
  expect(await here.statusOf(booking)).toBe("cancelled");
  expect(["refunding", "refunded"]).toContain((await here.paymentStatuses(booking))[0]);
  await here.expectCounts(booking, { tickets: 0 });
});

test("seats given back while the payment begins: what is asked for is what the booking costs", async () => {
  for (let round = 0; round < 10; round += 1) {
    const booking = await here.book({ quantity: 3 });
    const [given, payment] = await Promise.all([
      mind.giveBack(mine(booking), [1]),
      here.startPayment(booking),
    ]);
    const now = await here.shop.bookings.find(booking.buyerId, booking.id);
    expect(payment.amount).toEqual(now?.total);
    expect(now?.quantity).toBe(given.outcome === "changed" ? 2 : 3);
  }
});

test("a payment that failed and then succeeded pays nothing that became cheaper meanwhile: it goes back", async () => {
  const booking = await here.book({ quantity: 2 });
  const payment = await here.startPayment(booking);
  const failed = here.webhook(payment, { type: "payment.failed" });
  await here.till.inbox.receive("sandbox", failed.body, failed.signature);
  await here.paymentBecomes(payment, "failed");
  expect(await mind.giveBack(mine(booking), [0])).toMatchObject({ outcome: "changed" });
  await decide(payment.payUrl, "approve");
  const succeeded = here.webhook(payment);
  await here.till.inbox.receive("sandbox", succeeded.body, succeeded.signature);
  await expect.poll(async () => (await here.paymentStatuses(booking))[0]).toMatch(/^refund/);
  expect(await here.statusOf(booking)).toBe("pending_payment");
});
