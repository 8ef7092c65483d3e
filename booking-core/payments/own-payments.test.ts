import { afterAll, beforeAll, expect, test } from "vitest";
import { decide } from "../../test/harness/money.ts";
import { newBuyer } from "../../test/harness/shop.ts";
import { createOwnPayments } from "./own-payments.ts";
import { openPaymentTest, type PaymentTest } from "./test-payments.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: true });
});
afterAll(() => here.close());

test("a buyer sees which payments of a booking failed and which paid it, and nobody else does", async () => {
  const own = createOwnPayments({ pool: here.shop.pool });
  const booking = await here.book();
  const { buyerId, id } = booking;
  const first = await here.startPayment(booking);
  await decide(first.payUrl, "decline");
  await expect.poll(async () => (await own.find(buyerId, first.id))?.status).toBe("failed");
  const second = await here.startPayment(booking);
  await decide(second.payUrl, "approve");
  await here.becomes(booking, "paid");
  expect(await own.ofBooking(buyerId, id)).toMatchObject([
    { id: first.id, status: "failed" },
    { id: second.id, status: "succeeded" },
  ]);
  const stranger = newBuyer().buyerId;
  expect(await own.ofBooking(stranger, id)).toBeUndefined();
  expect(await own.find(stranger, second.id)).toBeUndefined();
});
