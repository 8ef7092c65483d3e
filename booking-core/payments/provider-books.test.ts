import { expect, test } from "vitest";
import { decide } from "../../test/harness/money.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import { trialBalance } from "../ledger/trial-balance.ts";
import { openPaymentTest } from "./test-payments.ts";

test("after every kind of end, told twice and out of order, the provider's books and ours agree to the cent", async () => {
  const here = await openPaymentTest({ work: true });
  const pay = async (decisions: ("approve" | "decline")[], isLate = false) => {
    const booking = await here.book({ quantity: 1, paymentWindowMs: isLate ? 1_000 : 60_000 });
    const payments = [];
    for (const _ of decisions) payments.push(await here.startPayment(booking));
    if (isLate) {
      await here.becomes(booking, "expired");
      await here.sellAgain(booking);
    }
    for (const [index, decision] of decisions.entries())
      await decide(payments[index]?.payUrl ?? null, decision, { copies: 2, delayMs: index === 0 ? 300 : 0 });
  };
  await Promise.all([
    pay(["approve"]),
    pay(["approve", "approve"]),
    pay(["decline", "approve"]),
    pay(["decline"]),
    pay(["approve"], true),
  ]);
  const theirs = await waitFor(
    async () => {
      const open = await here.shop.pool.query(
        `select from payments where status in ('created', 'pending') union all select from refunds where status = 'pending'
          union all select from webhook_inbox where settled_at is null`,
      );
      const books = await here.till.books();
      return open.rowCount === 0 && books.webhooksOnTheirWay === 0 && books;
    },
    { what: "everything settled" },
  );
  const kept = theirs.payments.filter(({ status }) => status === "succeeded");
  const keptMinor = kept.reduce((sum, { amountMinor }) => sum + BigInt(amountMinor), 0n);
  expect([kept.length, theirs.refunds.length, keptMinor]).toEqual([3, 2, 13_500n]);
  expect(await trialBalance(here.shop.pool)).toEqual([
    { kind: "buyer_refunds", currency: "EUR", balanceMinor: 0n },
    { kind: "organiser_payable", currency: "EUR", balanceMinor: -keptMinor },
    { kind: "provider_clearing", currency: "EUR", balanceMinor: keptMinor },
  ]);
  await here.close();
});

test("what the provider owed before its death is settled after it", async () => {
  const here = await openPaymentTest({ work: true });
  const booking = await here.book();
  const payment = await here.startPayment(booking);
  await decide(payment.payUrl, "approve", { delayMs: 500 });
  await here.till.restartSandbox();
  await here.becomes(booking, "paid");
  await waitFor(async () => (await here.till.books()).webhooksOnTheirWay === 0, { what: "all delivered" });
  await here.close();
});
