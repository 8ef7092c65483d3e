import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPool } from "../../foundation/postgres/pool.ts";
import { sign } from "../../outside/payment-sandbox/webhooks.ts";
import { decide } from "../../test/harness/money.ts";
import { createInbox } from "./inbox.ts";
import { askAboutSilentPayments } from "./silent-payments.ts";
import { openPaymentTest, type PaymentTest } from "./test-payments.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: true });
});
afterAll(() => here.close());

const minute = 60_000;

describe("a webhook is refused without any work of the database when it is", () => {
  const secret = () => here.till.webhookSecret;
  test.each([
    ["forged", (text: string) => sign(text, "x".repeat(40), Date.now())],
    ["too old", (text: string) => sign(text, secret(), Date.now() - 6 * minute)],
    ["from the future", (text: string) => sign(text, secret(), Date.now() + 6 * minute)],
    ["tampered with", (text: string) => sign(`${text} `, secret(), Date.now())],
    [
      "signed for another time",
      (text: string) => sign(text, secret(), Date.now() - 5_000).replace(/^t=\d+/, now),
    ],
    ["unsigned", () => ""],
    ["signed with nothing", () => `${now()},v1=`],
    ["signed with noise", () => "t=x,v1=zz,,=,v1"],
  ])("%s", async (_what, signatureOf) => {
    const body = Buffer.from(JSON.stringify({ id: `evt_${randomUUID()}`, type: "payment.succeeded" }));
    // Any statement would throw.
    const endedPool = createPool(here.shop.databaseUrl, 1);
    await endedPool.end();
    const inbox = createInbox({ ...here.till, pool: endedPool });
    const outcome = await inbox.receive("sandbox", body, signatureOf(body.toString()));
    expect(outcome).toEqual({ outcome: "webhook_signature_wrong" });
  });
});

test("a webhook with an old and a new signature is taken: the provider is changing its secret", async () => {
  const { body, signature } = here.signed({ id: `evt_${randomUUID()}`, type: "payout.paid" });
  const old = sign(body.toString(), "o".repeat(40), Date.now()).replace(/^t=\d+,/, "");
  const both = signature.replace(",v1=", `,${old},v1=`);
  expect(await here.till.inbox.receive("sandbox", body, both)).toEqual({ outcome: "stored" });
});

const foreign = { paymentId: "pay_1", reference: "another shop's", amountMinor: 1, currency: "EUR" };

test.each([
  ["of a kind that nobody knows", "ignored", { type: "payout.paid", data: {} }],
  ["that cannot be read", "the message cannot be read", { type: "payment.succeeded", data: {} }],
  ["of another shop", "the payment is not ours", { type: "payment.succeeded", data: foreign }],
  [
    "of a payment that is nowhere",
    "the payment is not ours",
    { type: "payment.succeeded", data: { ...foreign, reference: randomUUID() } },
  ],
])("a signed webhook %s is kept, and is %s", async (_what, outcome, content) => {
  const id = `evt_${randomUUID()}`;
  const { body, signature } = here.signed({ id, ...content });
  expect(await here.till.inbox.receive("sandbox", body, signature)).toEqual({ outcome: "stored" });
  expect(await here.settledOutcome(id)).toBe(outcome);
});

test("another amount than was asked for pays nothing, also when the provider is asked", async () => {
  const booking = await here.book();
  const payment = await here.startPayment(booking);
  // As if more had been asked for than the provider was told.
  await here.shop.pool.query("update payments set amount_minor = amount_minor + 1 where id = $1", [
    payment.id,
  ]);
  await decide(payment.payUrl, "approve");
  expect(await here.settledOutcome(payment.id)).toBe("the amount is not what was asked for");
  await askAboutSilentPayments({ ...here.till, clock: { now: () => Date.now() + minute + 1_000 } });
  expect(await here.statusOf(booking)).toBe("pending_payment");
  expect(await here.paymentStatuses(booking)).toEqual(["parked"]);
  await here.expectCounts(booking, { tickets: 0, transfers: 1 });
});

function now(): string {
  return `t=${Math.floor(Date.now() / 1_000)}`;
}
