import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BuyerId, uuidSource } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { balanceOf } from "../ledger/balances.ts";
import { paymentProviders } from "../payments/payment-providers.ts";
import { createSandboxProvider } from "../payments/sandbox-provider.ts";
import { openPaymentTest, type PaymentTest } from "../payments/test-payments.ts";
import { settleTopUp } from "./settle-top-up.ts";
import { newBuyerId, openTopUp, payTopUp } from "./test-wallet.ts";
import { createTopUps } from "./top-ups.ts";
import { walletOf } from "./wallet-accounts.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: false });
});
afterAll(() => here.close());

const topUpsAt = (providers = here.till.providers) =>
  createTopUps({ ...here.till, providers, publicUrl: "http://127.0.0.1" });

function request(buyerId: BuyerId, amountMinor = 5_000n, idempotencyKey: string = randomUUID()) {
  const amount = { amountMinor, currency: "EUR" };
  return { buyerId, email: "buyer@onsale.example", amount, idempotencyKey, language: "de" as const };
}

const inWallet = async (buyerId: BuyerId) => -(await balanceOf(here.shop.pool, walletOf(buyerId), "EUR"));

test("a top-up is one payment at the provider, however often it is asked for at once", async () => {
  const [buyerId, key] = [newBuyerId(), randomUUID()];
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, () => topUpsAt().start(request(buyerId, 5_000n, key))),
  );
  const payments = outcomes.map((one) => (one.outcome === "started" ? one.payment : undefined));
  expect(new Set(payments.map((payment) => payment?.id)).size).toBe(1);
  expect(payments[0]).toMatchObject({
    purpose: "top_up",
    bookingId: null,
    status: "pending",
    language: "de",
  });
  expect(payments[0]?.payUrl).toMatch(/^http/);
  const { payments: known } = await here.till.books();
  expect(known.filter(({ reference }) => reference === payments[0]?.id)).toMatchObject([
    { amountMinor: 5_000 },
  ]);
  expect(await inWallet(buyerId)).toBe(0n);
});

test("the same key for another amount is refused", async () => {
  const [buyerId, key] = [newBuyerId(), randomUUID()];
  await topUpsAt().start(request(buyerId, 5_000n, key));
  expect(await topUpsAt().start(request(buyerId, 5_001n, key))).toEqual({
    outcome: "idempotency_key_reused",
  });
});

test("with a provider that is down the same key goes on where it stopped", async () => {
  const [buyerId, key] = [newBuyerId(), randomUUID()];
  const away = createSandboxProvider({ url: "http://127.0.0.1:1", apiKey: "k", webhookSecret: "w" });
  const down = await topUpsAt(paymentProviders(away)).start(request(buyerId, 5_000n, key));
  expect(down).toEqual({ outcome: "payment_provider_down" });
  const again = await topUpsAt().start(request(buyerId, 5_000n, key));
  expect(again).toMatchObject({ outcome: "started", fresh: false, payment: { status: "pending" } });
});

test("a buyer has a bounded number of open top-ups, also of those that start at once", async () => {
  const buyerId = newBuyerId();
  const { topUpsOpen } = limits.wallet;
  const outcomes = await Promise.all(
    Array.from({ length: topUpsOpen + 3 }, () => topUpsAt().start(request(buyerId))),
  );
  expect(outcomes.filter(({ outcome }) => outcome === "started")).toHaveLength(topUpsOpen);
  expect(outcomes.filter(({ outcome }) => outcome === "too_many_payments")).toHaveLength(3);
  const [open] = outcomes;
  if (open?.outcome === "started") await payTopUp(here.shop.pool, open.payment.id);
  expect((await topUpsAt().start(request(buyerId))).outcome).toBe("started");
});

test("a top-up that is settled twice is in the wallet once", async () => {
  const buyerId = newBuyerId();
  const id = await openTopUp(here.shop.pool, buyerId, 700n);
  await Promise.all([
    payTopUp(here.shop.pool, id),
    payTopUp(here.shop.pool, id),
    payTopUp(here.shop.pool, id),
  ]);
  expect(await inWallet(buyerId)).toBe(700n);
  const { rows } = await here.shop.pool.query(
    "select status, received_minor, provider_payment_id from payments where id = $1",
    [id],
  );
  expect(rows).toEqual([{ status: "succeeded", received_minor: 700n, provider_payment_id: `sandbox ${id}` }]);
});

test("the payment of a booking fills no wallet", async () => {
  const payment = await here.startPayment(await here.book());
  const settle = inTransaction(here.shop.pool, (sql) =>
    settleTopUp({ ids: uuidSource }, sql, payment, { providerPaymentId: "p" }),
  );
  await expect(settle).rejects.toThrow("fills no wallet");
});
