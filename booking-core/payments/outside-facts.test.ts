import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createStuckWork } from "../stuck-work/stuck-work.ts";
import { settleWebhooks } from "./settle-webhooks.ts";
import { createStripeProvider } from "./stripe-provider.ts";
import { openPaymentTest, type PaymentTest } from "./test-payments.ts";
import { dispute, event, failure, openStripe, refund } from "./test-stripe.ts";

let here: PaymentTest;
let there: Awaited<ReturnType<typeof openStripe>>;
beforeAll(async () => {
  here = await openPaymentTest({ work: false });
  there = await openStripe();
});
afterAll(async () => {
  there.close();
  await here.close();
});

/** Stripe says of which payment of ours its intent is. */
function intentOf(paymentId: string | undefined) {
  const metadata = paymentId === undefined ? {} : { payment_id: paymentId };
  there.stripe.override = ({ path }) =>
    path === "/v1/payment_intents/pi_1"
      ? { body: { id: "pi_1", object: "payment_intent", metadata } }
      : undefined;
}

/** What became of the message, of its job and in the log. */
async function settle(
  type: string,
  differences: object = {},
  of = dispute as (differences: object) => object,
) {
  const id = randomUUID();
  await here.shop.pool.query(
    "insert into webhook_inbox (id, provider, provider_event_id, body) values ($1::uuid, 'stripe', $1::text, $2)",
    [id, JSON.stringify({ ...event(type, of(differences)), id: `evt_${id}` })],
  );
  const lines: object[] = [];
  const logger = pino({ level: "error" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const stripe = createStripeProvider({ secretKey: "sk_test_1", webhookSecret: "whsec_1", api: there.api });
  const parts = { ...here.till, logger, providers: { current: stripe, of: () => stripe } };
  const failures = await settleWebhooks(parts, [{ id: "job", data: { inboxIds: [id] } }]);
  const found = await here.shop.pool.query<{ status: string; outcome: string }>(
    "select status, outcome from webhook_inbox where id = $1",
    [id],
  );
  return { id, failures, lines, ...found.rows[0] };
}

async function paidAtStripe() {
  const booking = await here.book();
  const { id } = await here.startPayment(booking);
  await here.shop.pool.query("update payments set provider = 'stripe' where id = $1", [id]);
  intentOf(id);
  return { id, booking };
}

test("a dispute is parked under the names of payment and booking, told as an error, and changes nothing", async () => {
  const { id, booking } = await paidAtStripe();
  const opened = await settle("charge.dispute.created");
  expect(opened).toMatchObject({
    status: "parked",
    outcome: `dispute dp_1 over €90.00 of payment ${id} of booking ${booking.id}: fraudulent, needs_response, to be answered by 2026-10-03T04:00:00.000Z`,
    lines: [{ msg: "a payment is disputed", paymentId: id, bookingId: booking.id, eventId: booking.eventId }],
  });
  const closed = await settle("charge.dispute.closed", { status: "lost", evidence_details: null });
  expect(closed).toMatchObject({ status: "parked", outcome: expect.stringMatching(/: fraudulent, lost$/) });
  await here.expectCounts(booking, { transfers: 0, tickets: 0 });
});

test("it is on the list of parked messages until somebody dismisses it", async () => {
  await paidAtStripe();
  const { id } = await settle("charge.dispute.created");
  const stuck = createStuckWork(here.till);
  const isListed = async () =>
    (await stuck.parkedWebhooks({ limit: 100 })).items.some((message) => message.id === id);
  expect(await isListed()).toBe(true);
  const actor = { id: null, email: "admin@onsale.example" };
  expect(await stuck.dismissWebhook(actor, id)).toBe("done");
  expect(await stuck.dismissWebhook(actor, id)).toBe("not_stuck");
  expect(await isListed()).toBe(false);
});

const byHand = { id: "re_1", metadata: {} };

test("money that somebody gives back at Stripe by hand is parked under the names of what it is of, and changes nothing", async () => {
  const { id, booking } = await paidAtStripe();
  const made = await settle("refund.created", byHand, refund);
  const of = `payment ${id} of booking ${booking.id} of event ${booking.eventId}`;
  expect(made).toMatchObject({
    status: "parked",
    outcome: `refund re_1 by hand of €90.00 of ${of}: succeeded`,
    lines: [
      {
        ...{ msg: "money of a payment was given back by hand", providerRefundId: "re_1" },
        ...{ paymentId: id, bookingId: booking.id, eventId: booking.eventId },
      },
    ],
  });
  const failed = await settle("refund.failed", { ...byHand, status: "failed" }, refund);
  expect(failed).toMatchObject({ status: "parked", outcome: expect.stringMatching(/: failed$/) });
  expect(await settle("refund.updated", byHand, refund)).toMatchObject({ status: "ignored", lines: [] });
  await here.expectCounts(booking, { transfers: 0, tickets: 0 });
});

test("a refund by hand of what else the account sells is ignored", async () => {
  intentOf(undefined);
  expect(await settle("refund.created", byHand, refund)).toMatchObject({ status: "ignored", lines: [] });
});

test("a dispute of what else the account sells is ignored", async () => {
  intentOf(undefined);
  expect(await settle("charge.dispute.created")).toMatchObject({ status: "ignored", lines: [] });
  intentOf(randomUUID());
  expect(await settle("charge.dispute.created")).toMatchObject({ status: "ignored", lines: [] });
});

test("where Stripe does not answer, the message waits and its job comes again", async () => {
  there.stripe.override = () => failure(500, { type: "api_error" });
  const { failures, status } = await settle("charge.dispute.created");
  expect([failures.size, status]).toEqual([1, "received"]);
});
