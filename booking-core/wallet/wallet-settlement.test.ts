import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BuyerId } from "../../foundation/ids.ts";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { decide } from "../../test/harness/money.ts";
import { best, bookNow, bookRequest, newBuyer, openEvent, rowsOf } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Booking } from "../bookings/booking.ts";
import { expireBookings } from "../bookings/jobs.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { balanceOf } from "../ledger/balances.ts";
import type { Payment } from "../payments/payment.ts";
import { paymentProviders } from "../payments/payment-providers.ts";
import { createPayments } from "../payments/payments.ts";
import { createStripeProvider } from "../payments/stripe-provider.ts";
import { openPaymentTest, type PaymentTest } from "../payments/test-payments.ts";
import { failure, openStripe } from "../payments/test-stripe.ts";
import { ledgerChecks } from "../verify/ledger-checks.ts";
import { lockWallet } from "./hold-wallet.ts";
import { fillWallet } from "./test-wallet.ts";
import { createTopUps } from "./top-ups.ts";
import { walletOf } from "./wallet-accounts.ts";

let here: PaymentTest;
let event: OnsaleEvent;
beforeAll(async () => {
  here = await openPaymentTest({ work: true });
  event = await openEvent(here.shop, { sections: [rowsOf(20, 20, 20)] });
});
afterAll(() => here.close());

const inWallet = async (buyerId: BuyerId) => -(await balanceOf(here.shop.pool, walletOf(buyerId), "EUR"));
const becomes = (buyerId: BuyerId, amountMinor: bigint) =>
  expect.poll(() => inWallet(buyerId), { timeout: 10_000 }).toBe(amountMinor);

/** Of 9,000 the wallet pays 2,500, and the provider is asked for the rest. */
async function startPartly(): Promise<{ booking: Booking; payment: Payment; buyerId: BuyerId }> {
  const booking = await bookWith(2_500n);
  return { booking, buyerId: booking.buyerId, payment: await start(booking) };
}

async function bookWith(walletMinor: bigint): Promise<Booking> {
  const buyer = newBuyer();
  await fillWallet(here.shop.pool, buyer.buyerId, walletMinor);
  return bookNow(here.shop, bookRequest(event, best(2), { buyer }));
}

async function start({ id: bookingId, buyerId }: Booking): Promise<Payment> {
  const request = { bookingId, buyerId, idempotencyKey: randomUUID(), language: "en" as const };
  const started = await here.till.payments.start({ ...request, wallet: "all" });
  if (started.outcome !== "started") throw new Error(started.outcome);
  return started.payment;
}

async function expire(booking: Booking): Promise<void> {
  const text = "update bookings set deadline = now() - interval '1 second' where id = $1";
  await here.shop.pool.query(text, [booking.id]);
  await expireBookings(here.shop, { eventId: event.id });
}

async function someoneWaits(sql: Sql): Promise<boolean> {
  const text =
    "select from pg_stat_activity where datname = current_database() and pg_backend_pid() = any(pg_blocking_pids(pid))";
  return ((await sql.query(text)).rowCount ?? 0) > 0;
}

const isClean = async () => {
  const looks = await Promise.all(ledgerChecks(here.shop.pool).map((check) => check.look()));
  expect(looks.flatMap(({ suspects }) => [...suspects.values()])).toEqual([]);
};

test("a top-up that the buyer pays at the provider is in the wallet once, though the provider says so twice", async () => {
  const { buyerId, email } = newBuyer();
  const topUps = createTopUps({ ...here.till, publicUrl: "http://127.0.0.1" });
  const amount = { amountMinor: 5_000n, currency: "EUR" };
  const request = { buyerId, email, amount, idempotencyKey: randomUUID(), language: "en" as const };
  const started = await topUps.start(request);
  if (started.outcome !== "started") throw new Error(started.outcome);
  await decide(started.payment.payUrl, "approve", { copies: 2 });
  await here.paymentBecomes(started.payment, "succeeded");
  await here.allSettled();
  expect(await inWallet(buyerId)).toBe(5_000n);
  await isClean();
});

describe("the wallet's part", () => {
  test("is back when the provider declines, and can be spent on the next try", async () => {
    const { booking, payment, buyerId } = await startPartly();
    await decide(payment.payUrl, "decline");
    await becomes(buyerId, 2_500n);
    const again = await start(booking);
    expect(again).toMatchObject({ walletMinor: 2_500n, walletState: "held" });
    await decide(again.payUrl, "approve");
    await here.becomes(booking, "paid");
    await isClean();
  });

  test("is taken again where the money comes late and the seats are still to be had", async () => {
    const { booking, payment, buyerId } = await startPartly();
    await expire(booking);
    await becomes(buyerId, 2_500n);
    await decide(payment.payUrl, "approve");
    await here.becomes(booking, "paid");
    expect(await inWallet(buyerId)).toBe(0n);
    await isClean();
  });

  test("that was spent meanwhile buys nothing: what came late goes back", async () => {
    const { booking, payment, buyerId } = await startPartly();
    await expire(booking);
    await becomes(buyerId, 2_500n);
    const other = await bookNow(
      here.shop,
      bookRequest(event, best(1), { buyer: { ...newBuyer(), buyerId } }),
    );
    await start(other);
    await decide(payment.payUrl, "approve");
    await here.refundDone(payment);
    expect(await here.statusOf(booking)).toBe("expired");
    expect(await inWallet(buyerId)).toBe(0n);
    await isClean();
  });

  test("is back when the booking was paid by another payment before", async () => {
    const { booking, payment, buyerId } = await startPartly();
    const second = await start(booking);
    await decide(second.payUrl, "approve");
    await here.becomes(booking, "paid");
    await decide(payment.payUrl, "approve");
    await here.problemPayment(booking, "paid_twice");
    await here.refundDone(payment);
    expect(await inWallet(buyerId)).toBe(2_500n);
    await isClean();
  });

  test("of a payment that nobody goes on with is back once the booking is paid by another", async () => {
    const { booking, buyerId } = await startPartly();
    const second = await start(booking);
    await decide(second.payUrl, "approve");
    await here.becomes(booking, "paid");
    await becomes(buyerId, 2_500n);
    await isClean();
  });

  test("is taken again without a circle of waits with who pays the same booking meanwhile", async () => {
    const { booking, payment, buyerId } = await startPartly();
    await decide(payment.payUrl, "decline");
    await becomes(buyerId, 2_500n);
    const { body, signature } = here.webhook(payment);
    await inTransaction(here.shop.pool, async (sql) => {
      // Of a circle it is who looks first that is thrown out: here the buyer.
      await sql.query("set local deadlock_timeout = '10ms'");
      await sql.query("select from bookings where id = $1 for no key update", [booking.id]);
      await here.till.inbox.receive("sandbox", body, signature);
      await waitFor(() => someoneWaits(sql), { what: "the settlement that waits for the booking" });
      expect(await lockWallet(sql, buyerId, "EUR")).toBe(2_500n);
    });
    await here.becomes(booking, "paid");
    expect(await inWallet(buyerId)).toBe(0n);
    await isClean();
  });

  test("is back at once where the provider wants nothing to do with so small a rest", async () => {
    const stripe = await openStripe();
    stripe.stripe.override = () =>
      failure(400, {
        type: "invalid_request_error",
        code: "amount_too_small",
        message: "For a@b.example: no.",
      });
    const provider = createStripeProvider({
      secretKey: "sk_test_1",
      webhookSecret: "whsec_1",
      api: stripe.api,
    });
    const providers = paymentProviders(provider, here.till.provider);
    const payments = createPayments({ ...here.till, providers });
    const { buyerId, id: bookingId } = await bookWith(8_999n);
    const request = {
      buyerId,
      bookingId,
      idempotencyKey: randomUUID(),
      language: "en",
      wallet: "all",
    } as const;
    const refused = {
      outcome: "started",
      payment: { status: "failed", walletState: "returned", payUrl: null },
    };
    expect(await payments.start(request)).toMatchObject({ ...refused, fresh: true });
    expect(await payments.start(request)).toMatchObject({ ...refused, fresh: false });
    expect(stripe.calls).toHaveLength(1);
    stripe.close();
    expect(await inWallet(buyerId)).toBe(8_999n);
    await isClean();
  });

  test("is back when another amount came than was asked for", async () => {
    const { payment, buyerId } = await startPartly();
    const { body, signature } = here.webhook(payment, { amountMinor: 1 });
    await here.till.inbox.receive("sandbox", body, signature);
    await here.paymentBecomes(payment, "parked");
    expect(await inWallet(buyerId)).toBe(2_500n);
    await isClean();
  });
});
