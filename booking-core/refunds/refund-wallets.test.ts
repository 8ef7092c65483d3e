import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decide } from "../../test/harness/money.ts";
import { best, bookNow, bookRequest, newBuyer } from "../../test/harness/shop.ts";
import type { Booking } from "../bookings/booking.ts";
import { balanceOf } from "../ledger/balances.ts";
import { fillWallet } from "../wallet/test-wallet.ts";
import { walletOf } from "../wallet/wallet-accounts.ts";
import { cancelEvent } from "./cancel-event.ts";
import { openRefundTest, type RefundTest } from "./test-refunds.ts";

let here: RefundTest;
beforeAll(async () => {
  here = await openRefundTest();
});
afterAll(() => here.close());

const inWallet = async ({ buyerId }: Booking) => -(await balanceOf(here.shop.pool, walletOf(buyerId), "EUR"));

/** Two seats of 45.00 each, of a buyer whose wallet has so much. */
async function bookedWith(walletMinor: bigint): Promise<Booking> {
  const buyer = newBuyer();
  await fillWallet(here.shop.pool, buyer.buyerId, walletMinor);
  return bookNow(here.shop, bookRequest(await here.openPolicyEvent(), best(2), { buyer }));
}

async function startedWithWallet(booking: Booking) {
  const { buyerId, id: bookingId } = booking;
  const request = {
    buyerId,
    bookingId,
    idempotencyKey: randomUUID(),
    language: "en",
    wallet: "all",
  } as const;
  const started = await here.till.payments.start(request);
  if (started.outcome !== "started") throw new Error(started.outcome);
  return started.payment;
}

async function paidWith(walletMinor: bigint): Promise<Booking> {
  const booking = await bookedWith(walletMinor);
  const payment = await startedWithWallet(booking);
  if (payment.provider !== "wallet") await decide(payment.payUrl, "approve");
  await here.becomes(booking, "paid");
  expect(await inWallet(booking)).toBe(0n);
  return booking;
}

test("what was paid both ways goes back both ways, the provider's part first", async () => {
  const booking = await paidWith(3_000n);
  await here.byBuyer(booking, [0]);
  expect([await here.givenBack(booking), await inWallet(booking)]).toEqual([4_500, 0n]);
  await here.byBuyer(booking, [1]);
  expect([await here.givenBack(booking), await inWallet(booking)]).toEqual([6_000, 3_000n]);
});

test("what the wallet has paid alone is in the wallet again at once", async () => {
  const booking = await paidWith(9_000n);
  expect(await here.byBuyer(booking)).toMatchObject({ refund: { status: "done", walletMinor: 9_000n } });
  expect(await inWallet(booking)).toBe(9_000n);
});

test("an event that is cancelled gives the wallet's part back to who paid, and to who was about to", async () => {
  const actor = { id: null, email: "organiser@onsale.example" };
  const [paid, open] = [await paidWith(3_000n), await bookedWith(2_000n)];
  const payment = await startedWithWallet(open);
  expect(await inWallet(open)).toBe(0n);
  for (const { eventId } of [paid, open]) await cancelEvent(here.till, actor, eventId);
  await expect.poll(() => inWallet(paid)).toBe(3_000n);
  await expect.poll(() => inWallet(open)).toBe(2_000n);
  expect(await here.givenBack(paid)).toBe(6_000);
  await decide(payment.payUrl, "approve");
  expect(await here.refundDone(payment)).toBeDefined();
  expect([await here.givenBack(open), await inWallet(open)]).toEqual([7_000, 2_000n]);
});

test("a wallet pays nothing for an event that was cancelled", async () => {
  const booking = await bookedWith(9_000n);
  await here.shop.pool.query("update events set status = 'cancelled' where id = $1", [booking.eventId]);
  await expect(startedWithWallet(booking)).rejects.toThrow("booking_not_payable");
  expect(await inWallet(booking)).toBe(9_000n);
});
