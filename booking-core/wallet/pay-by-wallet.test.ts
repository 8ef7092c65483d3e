import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BuyerId } from "../../foundation/ids.ts";
import { uuidSource } from "../../foundation/ids.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { decide } from "../../test/harness/money.ts";
import { best, bookNow, bookRequest, newBuyer, openEvent, rowsOf } from "../../test/harness/shop.ts";
import type { Booking } from "../bookings/booking.ts";
import { createChangeOfMind } from "../bookings/change-of-mind.ts";
import { expireBookings } from "../bookings/jobs.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { balanceOf } from "../ledger/balances.ts";
import { lockPayments } from "../payments/find-payment.ts";
import { openPaymentTest, type PaymentTest } from "../payments/test-payments.ts";
import { returnWallets } from "./ended-bookings.ts";
import { returnWallet, takeWalletAgain } from "./return-wallet.ts";
import { fillWallet } from "./test-wallet.ts";
import { walletOf } from "./wallet-accounts.ts";
import { createWallets } from "./wallets.ts";

let here: PaymentTest;
let event: OnsaleEvent;
beforeAll(async () => {
  here = await openPaymentTest({ work: true });
  event = await openEvent(here.shop, { sections: [rowsOf(20, 20, 20)] });
});
afterAll(() => here.close());

const ids = uuidSource;
const priceMinor = 9_000n;

async function buyerWith(amountMinor: bigint): Promise<{ booking: Booking; buyerId: BuyerId }> {
  const buyer = newBuyer();
  if (amountMinor > 0n) await fillWallet(here.shop.pool, buyer.buyerId, amountMinor);
  return {
    booking: await bookNow(here.shop, bookRequest(event, best(2), { buyer })),
    buyerId: buyer.buyerId,
  };
}

const inWallet = (buyerId: BuyerId) =>
  balanceOf(here.shop.pool, walletOf(buyerId), "EUR").then((balance) => -balance);

const start = (booking: Booking, wallet?: "all" | bigint, idempotencyKey: string = randomUUID()) =>
  here.till.payments.start({
    ...{ buyerId: booking.buyerId, bookingId: booking.id, idempotencyKey, language: "en" as const },
    ...(wallet === undefined ? {} : { wallet }),
  });

async function started(booking: Booking, wallet: "all" | bigint) {
  const outcome = await start(booking, wallet);
  if (outcome.outcome !== "started") throw new Error(outcome.outcome);
  return outcome.payment;
}

describe("a wallet that has enough", () => {
  test("pays a booking in the same request, with tickets, and no provider is asked", async () => {
    const { booking, buyerId } = await buyerWith(10_000n);
    const payment = await started(booking, "all");
    expect(payment).toMatchObject({
      ...{
        provider: "wallet",
        status: "succeeded",
        payUrl: null,
        walletMinor: priceMinor,
        walletState: "taken",
      },
      amount: { amountMinor: 0n, currency: "EUR" },
    });
    expect(await here.statusOf(booking)).toBe("paid");
    await here.expectCounts(booking, { tickets: 2, notifications: 1 });
    expect(await inWallet(buyerId)).toBe(1_000n);
    expect((await here.till.books()).payments.filter(({ reference }) => reference === payment.id)).toEqual(
      [],
    );
  });

  test("pays once, however often the same request comes", async () => {
    const { booking, buyerId } = await buyerWith(20_000n);
    const key = randomUUID();
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => start(booking, "all", key)));
    expect(
      new Set(outcomes.map((one) => (one.outcome === "started" ? one.payment.id : one.outcome))).size,
    ).toBe(1);
    expect(outcomes.filter((one) => one.outcome === "started" && one.fresh)).toHaveLength(1);
    expect(await inWallet(buyerId)).toBe(11_000n);
    expect(await start(booking, 5n, key)).toEqual({ outcome: "idempotency_key_reused" });
    const request = { buyerId, bookingId: booking.id, idempotencyKey: key, language: "en" } as const;
    const other = { ...request, wallet: "all", otherSeats: true } as const;
    expect(await here.till.payments.start(other)).toEqual({ outcome: "idempotency_key_reused" });
  });

  test("pays a booking once, also when two payments for it start at once", async () => {
    const { booking, buyerId } = await buyerWith(20_000n);
    const outcomes = await Promise.all([
      start(booking, "all"),
      start(booking, priceMinor),
      start(booking, "all"),
    ]);
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([
      ...["booking_not_payable", "booking_not_payable", "started"],
    ]);
    expect(await inWallet(buyerId)).toBe(11_000n);
  });
});

describe("a wallet that has less", () => {
  test("pays its part, and the provider the rest", async () => {
    const { booking, buyerId } = await buyerWith(2_500n);
    const payment = await started(booking, "all");
    expect(payment).toMatchObject({
      ...{ provider: "sandbox", status: "pending", walletMinor: 2_500n, walletState: "held" },
      amount: { amountMinor: 6_500n, currency: "EUR" },
    });
    expect(await inWallet(buyerId)).toBe(0n);
    await decide(payment.payUrl, "approve");
    await here.becomes(booking, "paid");
    const { rows } = await here.shop.pool.query("select wallet_state from payments where id = $1", [
      payment.id,
    ]);
    expect(rows).toEqual([{ wallet_state: "taken" }]);
    const held = { kind: "wallet_held", party: payment.id } as const;
    expect(await balanceOf(here.shop.pool, held, "EUR")).toBe(0n);
  });

  test("is told what it has where more is asked of it, and nothing was started", async () => {
    const { booking, buyerId } = await buyerWith(2_500n);
    expect(await start(booking, 2_501n)).toEqual({
      outcome: "wallet_insufficient",
      available: { amountMinor: 2_500n, currency: "EUR" },
    });
    await here.expectCounts(booking, { transfers: 0 });
    expect(await inWallet(buyerId)).toBe(2_500n);
  });

  test("leaves the whole price to the provider where it is empty", async () => {
    const { booking } = await buyerWith(0n);
    expect(await started(booking, "all")).toMatchObject({
      walletMinor: 0n,
      walletState: "none",
      status: "pending",
    });
  });
});

describe("what was put aside is in the wallet again", () => {
  const returnedOf = async (id: string) =>
    (await here.shop.pool.query("select from payments where id = $1 and wallet_state = 'returned'", [id]))
      .rowCount;

  test("when the buyer cancels the booking", async () => {
    const { booking, buyerId } = await buyerWith(2_500n);
    const payment = await started(booking, "all");
    const { buyerId: mine, id: bookingId } = booking;
    await createChangeOfMind(here.shop).cancel({ buyerId: mine, bookingId });
    await expect.poll(() => inWallet(buyerId), { timeout: 10_000 }).toBe(2_500n);
    expect(await returnedOf(payment.id)).toBe(1);
  });

  test("when the deadline comes before the money", async () => {
    const { booking, buyerId } = await buyerWith(2_500n);
    await started(booking, "all");
    await here.shop.pool.query("update bookings set deadline = now() - interval '1 second' where id = $1", [
      booking.id,
    ]);
    await expireBookings(here.shop, { eventId: event.id });
    await expect.poll(() => inWallet(buyerId), { timeout: 10_000 }).toBe(2_500n);
  });

  test("once, however often it is asked for, and in one statement for many payments", async () => {
    const bookings = [await buyerWith(100n), await buyerWith(200n)];
    const payments = await Promise.all(bookings.map(({ booking }) => started(booking, "all")));
    const returnAll = () => inTransaction(here.shop.pool, (sql) => returnWallet({ ids }, sql, payments));
    const returned = await Promise.all([returnAll(), returnAll(), returnAll()]);
    expect(returned.reduce((sum, { size }) => sum + size, 0)).toBe(2);
    expect(await Promise.all(bookings.map(({ buyerId }) => inWallet(buyerId)))).toEqual([100n, 200n]);
  });

  test("but not while the booking lives, nor after it was taken", async () => {
    const [{ booking }, paid] = [await buyerWith(100n), await buyerWith(priceMinor)];
    await started(booking, "all");
    await started(paid.booking, "all");
    await returnWallets({ ...here.shop, ids }, { bookingIds: [booking.id, paid.booking.id] });
    expect(await inWallet(booking.buyerId)).toBe(0n);
    expect(await inWallet(paid.buyerId)).toBe(0n);
  });
});

describe("where the provider's part comes after the wallet's went back", () => {
  const again = (id: Parameters<typeof lockPayments>[1][number]) =>
    inTransaction(here.shop.pool, async (sql) => {
      const payment = (await lockPayments(sql, [id])).get(id);
      return payment === undefined ? undefined : takeWalletAgain({ ids }, sql, payment);
    });
  const giveBack = (payment: Parameters<typeof returnWallet>[2][number]) =>
    inTransaction(here.shop.pool, (sql) => returnWallet({ ids }, sql, [payment]));

  test("it is taken again, as often as it comes to that", async () => {
    const { booking, buyerId } = await buyerWith(2_500n);
    const payment = await started(booking, "all");
    for (const _ of [1, 2, 3]) {
      await giveBack(payment);
      expect(await inWallet(buyerId)).toBe(2_500n);
      expect(await again(payment.id)).toBe(true);
      expect(await again(payment.id)).toBe(true);
      expect(await inWallet(buyerId)).toBe(0n);
    }
  });

  test("it is not, where the buyer has spent it", async () => {
    const { booking, buyerId } = await buyerWith(2_500n);
    const payment = await started(booking, "all");
    await giveBack(payment);
    await started(booking, 2_000n);
    expect(await again(payment.id)).toBe(false);
    expect(await inWallet(buyerId)).toBe(500n);
  });
});

test("a buyer starts a bounded number of payments for a booking", async () => {
  const { booking } = await buyerWith(0n);
  const outcomes: string[] = [];
  for (let index = 0; index < 21; index += 1) outcomes.push((await start(booking)).outcome);
  expect(outcomes.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => "started"));
  expect(outcomes[20]).toBe("too_many_payments");
});

test("the history says what came and went, the newest first, in pages", async () => {
  const { booking, buyerId } = await buyerWith(10_000n);
  await fillWallet(here.shop.pool, buyerId, 700n, "USD");
  await started(booking, "all");
  const wallets = createWallets(here.shop);
  const first = await wallets.history({ buyerId, currency: "EUR", limit: 1 });
  expect(first.entries).toMatchObject([
    { kind: "wallet_hold", amount: { amountMinor: -priceMinor, currency: "EUR" }, bookingId: booking.id },
  ]);
  const second = await wallets.history({ buyerId, currency: "EUR", limit: 1, after: first.next });
  expect(second).toMatchObject({ entries: [{ kind: "top_up", amount: { amountMinor: 10_000n } }] });
  expect(second.next).toBeUndefined();
  expect(await wallets.balances(buyerId)).toEqual([
    { amountMinor: 1_000n, currency: "EUR" },
    { amountMinor: 700n, currency: "USD" },
  ]);
});
