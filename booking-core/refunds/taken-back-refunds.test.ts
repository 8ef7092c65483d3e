import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decide } from "../../test/harness/money.ts";
import { best, bookNow, bookRequest } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Booking } from "../bookings/booking.ts";
import { trialBalance } from "../ledger/trial-balance.ts";
import { settleWebhooks } from "../payments/settle-webhooks.ts";
import { createStripeProvider } from "../payments/stripe-provider.ts";
import { event, openStripe, paidSession, refund as stripeRefund } from "../payments/test-stripe.ts";
import { createStuckWork } from "../stuck-work/stuck-work.ts";
import { ledgerChecks } from "../verify/ledger-checks.ts";
import { refundChecks } from "../verify/refund-checks.ts";
import type { Refund } from "./refund.ts";
import { refundPayment } from "./refund-payments.ts";
import { createRefunds } from "./refunds.ts";
import { openRefundTest, type RefundTest } from "./test-refunds.ts";

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

const actor = { id: null, email: "admin@onsale.example" };

/** Its job is lost: only the test asks the provider. */
function withoutRefundJobs() {
  const { jobs } = here.till;
  const insert: typeof jobs.insert = async (sql, name, wanted) =>
    name === "refund-payment" ? undefined : jobs.insert(sql, name, wanted);
  return { ...jobs, insert };
}

async function giveBack(booking: Booking): Promise<Refund> {
  const refunds = createRefunds({ ...here.till, jobs: withoutRefundJobs() });
  const refunded = await refunds.askedByBuyer(booking.buyerId, here.ask(booking), randomUUID());
  if (refunded.outcome !== "refunded") throw new Error(refunded.outcome);
  return refunded.refund;
}

const stateOf = async ({ id }: Pick<Refund, "id">) => {
  const text = "select status, done_at, problem, attempt from refunds where id = $1";
  return (await here.shop.pool.query(text, [id])).rows[0];
};

/** What the provider has of it, as our books say. */
const clearingOf = async ({ paymentId }: Pick<Refund, "paymentId">) => {
  const found = await here.shop.pool.query<{ sum: bigint }>(
    `select sum(e.amount_minor)::bigint as sum from transfers t join entries e on e.transfer_id = t.id
       join ledger_accounts a on a.id = e.account_id where t.payment_id = $1 and a.kind = 'provider_clearing'`,
    [paymentId],
  );
  return found.rows[0]?.sum;
};

/** What `onsale verify` has against the books and the refunds. */
async function complaints(): Promise<string[]> {
  const { pool } = here.shop;
  const seen = await Promise.all([...ledgerChecks(pool), ...refundChecks(pool)].map((check) => check.look()));
  const sum = (await trialBalance(pool)).reduce((total, { balanceMinor }) => total + balanceMinor, 0n);
  const lopsided = sum === 0n ? [] : [`the accounts hold ${sum} together`];
  return [...seen.flatMap(({ suspects }) => [...suspects.values()]), ...lopsided];
}

/** Stripe's side: a payment of it, and what it says of one try of a refund. */
async function openStripeCase() {
  const booking = await here.paid(1);
  await here.shop.pool.query(
    "update payments set provider = 'stripe', provider_payment_id = 'cs_test_' || id where booking_id = $1",
    [booking.id],
  );
  there.stripe.session = paidSession();
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: "error" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const stripe = createStripeProvider({ secretKey: "sk_test_1", webhookSecret: "whsec_1", api: there.api });
  const parts = {
    ...{ ...here.till, logger, jobs: withoutRefundJobs() },
    providers: { current: stripe, of: () => stripe },
  };
  const refund = await giveBack(booking);
  const tell = async (type: string, status: string, attempt = 0, amount = 4_500) => {
    const { id: refund_id, paymentId: payment_id } = refund;
    const metadata = { payment_id, refund_id, session_id: `cs_test_${payment_id}`, attempt: String(attempt) };
    const message = { ...event(type, stripeRefund({ status, amount, metadata })), id: `evt_${randomUUID()}` };
    const id = randomUUID();
    await here.shop.pool.query(
      "insert into webhook_inbox (id, provider, provider_event_id, body) values ($1::uuid, 'stripe', $1::text, $2)",
      [id, JSON.stringify(message)],
    );
    await settleWebhooks(parts, [{ id: "job", data: { inboxIds: [id] } }]);
    const text = "select status, outcome from webhook_inbox where id = $1";
    return (await here.shop.pool.query<{ status: string; outcome: string }>(text, [id])).rows[0];
  };
  return {
    ...{ booking, refund, tell, lines },
    ask: () => refundPayment(parts, { refundId: refund.id }),
    retry: () => createStuckWork(parts).retryRefund(actor, refund.id),
  };
}

test("a refund that was done and fails later is owed again, told as an error, and goes back when people try again", async () => {
  const { booking, refund, tell, lines, ask, retry } = await openStripeCase();
  await ask();
  expect(await stateOf(refund)).toMatchObject({ status: "done", attempt: 0 });
  expect([await clearingOf(refund), await complaints()]).toEqual([0n, []]);
  expect(await tell("refund.failed", "failed")).toMatchObject({ status: "settled" });
  expect(await stateOf(refund)).toMatchObject({
    status: "parked",
    done_at: null,
    problem: expect.stringMatching(/taken back/),
  });
  expect([await clearingOf(refund), await complaints()]).toEqual([4_500n, []]);
  expect(lines).toMatchObject([
    {
      ...{ msg: "a refund is parked", refundId: refund.id, paymentId: refund.paymentId },
      ...{ bookingId: booking.id, eventId: booking.eventId },
    },
  ]);
  expect(await retry()).toBe("done");
  await ask();
  expect(there.refunds.at(-1)?.["metadata"]).toMatchObject({ refund_id: refund.id, attempt: "1" });
  expect(await stateOf(refund)).toMatchObject({ status: "done", problem: null, attempt: 1 });
  expect([await clearingOf(refund), await complaints()]).toEqual([0n, []]);
  expect(await retry()).toBe("not_stuck");
});

test("a failure that Stripe tells in three ways counts once, and what it said before does not count again", async () => {
  const { refund, tell, lines, ask } = await openStripeCase();
  await ask();
  expect(await tell("charge.refund.updated", "failed")).toMatchObject({ status: "settled" });
  for (const type of ["refund.failed", "refund.updated"])
    expect(await tell(type, "failed")).toEqual({ status: "settled", outcome: "nothing new" });
  expect(lines).toHaveLength(1);
  expect(await tell("refund.created", "succeeded")).toMatchObject({ status: "parked" });
  expect(await stateOf(refund)).toMatchObject({ status: "parked", attempt: 0 });
  expect([await clearingOf(refund), await complaints()]).toEqual([4_500n, []]);
});

test("a refund that is taken back at each try is owed after each, and the books say so", async () => {
  const { refund, tell, ask, retry } = await openStripeCase();
  for (const attempt of [0, 1, 2]) {
    if (attempt === 1) await tell("refund.updated", "succeeded", attempt);
    else await ask();
    expect([await stateOf(refund), await clearingOf(refund)]).toMatchObject([
      { status: "done", attempt },
      0n,
    ]);
    expect(await tell("refund.failed", "failed", attempt)).toMatchObject({ status: "settled" });
    expect([await clearingOf(refund), await complaints()]).toEqual([4_500n, []]);
    expect(await retry()).toBe("done");
  }
  expect(await tell("refund.failed", "failed", 0)).toMatchObject({ status: "settled" });
  expect(await stateOf(refund)).toMatchObject({ status: "pending", attempt: 3 });
});

test.each(["refund.updated", "refund.failed"])(
  "%s of another amount is parked and changes nothing",
  async (type) => {
    const { refund, tell, ask } = await openStripeCase();
    const status = type === "refund.failed" ? "failed" : "succeeded";
    const other = { status: "parked", outcome: "the amount is not what was to be given back" };
    expect(await tell(type, status, 0, 4_499)).toEqual(other);
    expect(await stateOf(refund)).toMatchObject({ status: "pending" });
    await ask();
    expect(await tell(type, status, 0, 4_499)).toEqual(other);
    expect(await stateOf(refund)).toMatchObject({ status: "done" });
    expect(await complaints()).toEqual([]);
  },
);

test("the sandbox's books and ours are the same while it takes a refund back, and once it has gone again", async () => {
  const booking = await bookNow(here.shop, bookRequest(await here.openPolicyEvent(), best(1)));
  await decide((await here.startPayment(booking)).payUrl, "approve", { does: "refund_taken_back" });
  await here.becomes(booking, "paid");
  const refund = await giveBack(booking);
  await refundPayment(here.till, { refundId: refund.id });
  const theirs = async () => {
    const { payments } = await here.till.books();
    const payment = payments.find(({ id }) => id === refund.providerPaymentId);
    return payment && BigInt(payment.amountMinor - payment.refundedMinor);
  };
  await waitFor(async () => (await stateOf(refund))?.status === "parked", { what: "the refund taken back" });
  expect([await theirs(), await clearingOf(refund)]).toEqual([4_500n, 4_500n]);
  expect(await createStuckWork(here.till).retryRefund(actor, refund.id)).toBe("done");
  await waitFor(async () => (await stateOf(refund))?.status === "done", { what: "the refund" });
  expect([await theirs(), await clearingOf(refund), await complaints()]).toEqual([0n, 0n, []]);
});
