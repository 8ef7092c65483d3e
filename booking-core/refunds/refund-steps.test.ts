import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Booking } from "../bookings/booking.ts";
import { createStripeProvider } from "../payments/stripe-provider.ts";
import { openStripe, paidSession } from "../payments/test-stripe.ts";
import { refundChecks } from "../verify/refund-checks.ts";
import { cancelEvent } from "./cancel-event.ts";
import { refundEvent } from "./refund-event.ts";
import { refundPayment } from "./refund-payments.ts";
import { createRefunds } from "./refunds.ts";
import { generous, openRefundTest, type RefundTest } from "./test-refunds.ts";

let here: RefundTest;
let there: Awaited<ReturnType<typeof openStripe>>;
beforeAll(async () => {
  here = await openRefundTest();
  there = await openStripe();
});
afterAll(async () => {
  there.close();
  await here.close();
});

const actor = { id: null, email: "organiser@onsale.example" };

/** Two tickets of 1.255 dinars, paid at Stripe, which takes only whole hundredths of a dinar; its jobs are the test's. */
async function paidInDinars() {
  const booking = await here.paid(2, generous, {
    currency: "KWD",
    offers: [{ category: "standard", faceMinor: 1_255n }],
  });
  await here.shop.pool.query(
    "update payments set provider = 'stripe', provider_payment_id = 'cs_test_' || id where booking_id = $1",
    [booking.id],
  );
  const amount_total = 2_510;
  there.stripe.session = paidSession({ currency: "kwd", amount_total });
  const stripe = createStripeProvider({ secretKey: "sk_test_1", webhookSecret: "whsec_1", api: there.api });
  const jobs = { ...here.till.jobs, insert: async () => undefined };
  return { booking, parts: { ...here.till, jobs, providers: { current: stripe, of: () => stripe } } };
}

/** What went which way, as Stripe was asked and as the books say; nothing is left open. */
async function wentBack({ booking, parts }: Awaited<ReturnType<typeof paidInDinars>>) {
  const { pool } = here.shop;
  const found = await pool.query("select id from refunds where booking_id = $1 order by created_at, id", [
    booking.id,
  ]);
  for (const { id } of found.rows) await refundPayment(parts, { refundId: id });
  const rows = await pool.query(
    "select amount_minor::int as provider, wallet_minor::int as wallet, status from refunds where booking_id = $1 order by created_at, id",
    [booking.id],
  );
  const ids = new Set(found.rows.map(({ id }) => id));
  const atStripe = there.refunds.filter((made) =>
    ids.has((made["metadata"] as { refund_id: string }).refund_id),
  );
  const asked = rows.rows.map(({ provider }) => provider).filter((provider) => provider > 0);
  expect(atStripe.map((made) => made["amount"])).toEqual(asked);
  const checks = await Promise.all(refundChecks(pool).map((check) => check.look()));
  expect(checks.flatMap(({ suspects }) => [...suspects.values()])).toEqual([]);
  return rows.rows;
}

const walletOf = async ({ buyerId }: Booking) => {
  const found = await here.shop.pool.query<{ sum: bigint }>(
    `select coalesce(-sum(b.balance_minor), 0)::bigint as sum from account_balances b
       join ledger_accounts a on a.id = b.account_id where a.kind = 'buyer_wallet' and a.party = $1::text`,
    [buyerId],
  );
  return found.rows[0]?.sum;
};

test("what a provider cannot give back goes into the wallet, as it is quoted, and nothing is parked", async () => {
  const bought = await paidInDinars();
  const { booking, parts } = bought;
  const refunds = createRefunds(parts);
  const ask = here.ask(booking, [0]);
  const dinars = (amountMinor: bigint) => ({ amountMinor, currency: "KWD" });
  expect(await refunds.quote(booking.buyerId, ask)).toMatchObject({
    provider: dinars(1_250n),
    wallet: dinars(5n),
  });
  await refunds.askedByBuyer(booking.buyerId, ask, randomUUID());
  await refunds.byOrganiser(actor, { bookingId: booking.id, positions: [1] }, randomUUID(), "why");
  expect(await wentBack(bought)).toEqual([
    { provider: 1_250, wallet: 5, status: "done" },
    { provider: 1_250, wallet: 5, status: "done" },
  ]);
  expect(await walletOf(booking)).toBe(10n);
});

test("so it does of what is left of a booking whose event is cancelled", async () => {
  const bought = await paidInDinars();
  const { booking, parts } = bought;
  await createRefunds(parts).askedByBuyer(
    booking.buyerId,
    { ...here.ask(booking, [0]), to: "wallet" },
    randomUUID(),
  );
  await cancelEvent(parts, actor, booking.eventId);
  await refundEvent(parts, booking);
  expect((await wentBack(bought)).at(-1)).toEqual({ provider: 1_250, wallet: 5, status: "done" });
  expect(await walletOf(booking)).toBe(1_260n);
});
