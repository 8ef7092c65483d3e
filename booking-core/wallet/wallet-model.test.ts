import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BuyerId, type PaymentId, uuidFromParts, uuidSource } from "../../foundation/ids.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import {
  best,
  bookNow,
  bookRequest,
  newBuyer,
  openEvent,
  openShop,
  type Shop,
  standingOf,
} from "../../test/harness/shop.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { balanceOf } from "../ledger/balances.ts";
import { beginPayment } from "../payments/begin-payment.ts";
import { lockPayments } from "../payments/find-payment.ts";
import { payBooking } from "../payments/pay-booking.ts";
import type { Payment } from "../payments/payment.ts";
import { paymentProviders } from "../payments/payment-providers.ts";
import { createSandboxProvider } from "../payments/sandbox-provider.ts";
import { openRefunds } from "../refunds/open-refunds.ts";
import { ledgerChecks } from "../verify/ledger-checks.ts";
import { returnWallet, takeWalletAgain } from "./return-wallet.ts";
import { fillWallet } from "./test-wallet.ts";
import {
  follow,
  newModel,
  type StepOutcome,
  type WalletModel,
  type WalletStep,
  walletSteps,
} from "./test-wallet-model.ts";
import { walletOf } from "./wallet-accounts.ts";

const seed = Number(process.env["WALLET_MODEL_SEED"] ?? Date.now() % 2 ** 31);
const ids = uuidSource;
const priceMinor = 4_500n;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** The books of one buyer at one event, as the real parts keep them. */
type Real = {
  readonly event: OnsaleEvent;
  readonly buyer: { readonly buyerId: BuyerId; readonly email: string; readonly identity: string };
  readonly payments: PaymentId[];
};

test(`wallets do what the model does (WALLET_MODEL_SEED=${seed})`, { timeout: 120_000 }, async () => {
  const property = fc.asyncProperty(walletSteps, async (steps) => {
    const event = await openEvent(shop, { sections: [standingOf(100)] });
    const real: Real = { event, buyer: newBuyer(), payments: [] };
    const model = newModel(priceMinor);
    for (const step of steps) {
      const expected = follow(model, step);
      expect([step, await take(real, step)]).toEqual([step, expected]);
      await compare(real, model);
    }
    const looks = await Promise.all(ledgerChecks(shop.pool).map((check) => check.look()));
    expect(looks.flatMap(({ suspects }) => [...suspects.values()])).toEqual([]);
  });
  await fc.assert(property, { numRuns: 15, seed });
});

async function compare({ event, buyer, payments }: Real, model: WalletModel): Promise<void> {
  const balance = (account: Parameters<typeof balanceOf>[1]) => balanceOf(shop.pool, account, "EUR");
  expect(-(await balance(walletOf(buyer.buyerId)))).toBe(model.balanceMinor);
  expect(-(await balance({ kind: "organiser_payable", party: event.id }))).toBe(model.soldMinor);
  const { rows } = await shop.pool.query<{ state: string }>(
    "select wallet_state as state from payments where id = any($1::uuid[]) order by array_position($1::uuid[], id)",
    [payments],
  );
  expect(rows.map(({ state }) => state)).toEqual(model.payments.map(({ state }) => state));
}

async function take(real: Real, step: WalletStep): Promise<StepOutcome> {
  if (step.step === "top_up") {
    await fillWallet(shop.pool, real.buyer.buyerId, step.amountMinor);
    return "done";
  }
  if (step.step === "start") return start(real, step.wallet);
  const id = real.payments[step.payment];
  if (id === undefined) return "refused";
  return inTransaction(shop.pool, async (sql) => {
    const payment = (await lockPayments(sql, [id])).get(id) as Payment;
    switch (step.step) {
      case "pay": {
        if (payment.status === "succeeded" || payment.walletState === "returned") return "refused";
        return (await payBooking({ ...shop, ids }, sql, payment, `p ${id}`)).outcome === "paid"
          ? "done"
          : "refused";
      }
      case "return":
        return (await returnWallet({ ids }, sql, [payment])).size === 1 ? "done" : "refused";
      case "take_again": {
        if (payment.walletState !== "returned") return "refused";
        return (await takeWalletAgain({ ids }, sql, payment)) ? "done" : "refused";
      }
      case "refund":
        return refund(real, payment, step.amountMinor)(sql);
    }
  }).catch(refusedByTheDatabase);
}

async function start({ event, buyer, payments }: Real, wallet: bigint | "all"): Promise<StepOutcome> {
  const { id: bookingId } = await bookNow(shop, bookRequest(event, best(1), { buyer }));
  const id = uuidFromParts("payment", randomUUID()) as PaymentId;
  const request = { buyerId: buyer.buyerId, bookingId, idempotencyKey: "k", language: "en" as const, wallet };
  const begun = await beginPayment({ ...shop, ids, providers }, id, request);
  if (begun.outcome === "wallet_insufficient") return "refused";
  if (begun.outcome !== "begun") throw new Error(begun.outcome);
  payments.push(id);
  return "done";
}

const providers = paymentProviders(
  createSandboxProvider({ url: "http://127.0.0.1:1", apiKey: "never asked", webhookSecret: "w" }),
);

/** More than came from the wallet is refused by the payment's own check. */
function refund(
  { event }: Real,
  { id: paymentId, bookingId, buyerId, walletState }: Payment,
  walletMinor: bigint,
) {
  return async (sql: Parameters<typeof openRefunds>[1]): Promise<StepOutcome> => {
    if (walletState !== "taken") return "refused";
    await openRefunds({ ...shop, ids }, sql, [
      {
        ...{ paymentId, bookingId, buyerId, reason: "organiser", positions: null, requestedBy: null },
        ...{ amountMinor: 0n, walletMinor, currency: "EUR", key: randomUUID() },
        source: { eventId: event.id, netMinor: walletMinor, feeMinor: 0n, taxMinor: 0n },
      },
    ]);
    return "done";
  };
}

function refusedByTheDatabase(error: unknown): StepOutcome {
  if (String(error).includes("payments_refunded")) return "refused";
  throw error;
}
