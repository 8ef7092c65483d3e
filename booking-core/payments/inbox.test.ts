import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createPool } from "../../foundation/postgres/pool.ts";
import { sign } from "../../outside/payment-sandbox/webhooks.ts";
import { decide } from "../../test/harness/money.ts";
import { silent } from "../../test/harness/shop.ts";
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

test.each([
  ["that is no JSON", Buffer.from("<html>not what was meant</html>")],
  ["that is empty", Buffer.alloc(0)],
  ["without an id", Buffer.from('{ "type": "payment.succeeded" }')],
  ["whose id has a zero byte", Buffer.from('{ "id": "evt_\\u0000", "type": "payout.paid" }')],
  ["with a bare zero byte", Buffer.from('{ "id": "evt_\0", "type": "payout.paid" }')],
  [
    "of a payment with a zero byte",
    Buffer.from(
      JSON.stringify({
        ...{ id: `evt_${randomUUID()}`, type: "payment.succeeded" },
        data: { ...foreign, reference: "\0" },
      }),
    ),
  ],
])("a signed webhook %s is kept once for people, and told", async (_what, body) => {
  const told = vi.spyOn(silent, "error").mockClear();
  const inbox = here.till.inbox;
  const receive = () =>
    inbox.receive("sandbox", body, sign(body.toString(), here.till.webhookSecret, Date.now()));
  expect(await receive()).toEqual({ outcome: "stored" });
  expect(await receive()).toEqual({ outcome: "known" });
  await here.allSettled();
  const last = "select provider_event_id as name, body, status, outcome from webhook_inbox order by id desc";
  const found = await here.shop.pool.query<{ name: string; body: string }>(`${last} limit 1`);
  const why = "the message cannot be read";
  expect(found.rows).toMatchObject([{ status: "parked", outcome: why }]);
  expect(found.rows[0]?.name).toMatch(/^unreadable [0-9a-f]{64}$/);
  const providerEventId = found.rows[0]?.name;
  expect(told.mock.calls).toEqual([[expect.objectContaining({ providerEventId, why }), expect.any(String)]]);
  const [encoding, text] = body.includes(0)
    ? ["base64", /^base64:(.*)$/.exec(found.rows[0]?.body ?? "")?.[1]]
    : ["utf8", found.rows[0]?.body];
  expect(Buffer.from(text ?? "", encoding as BufferEncoding)).toEqual(body);
});

test("another amount than was asked for pays nothing, also when the provider is asked", async () => {
  const booking = await here.book();
  const payment = await here.startPayment(booking);
  // As if more had been asked for than the provider was told.
  await here.shop.pool.query("update payments set amount_minor = amount_minor + 1 where id = $1", [
    payment.id,
  ]);
  const told = vi.spyOn(silent, "error");
  await decide(payment.payUrl, "approve");
  const why = "€90.00 came and €90.01 was asked for";
  expect(await here.settledOutcome(payment.id)).toBe(why);
  const { id: bookingId, eventId } = booking;
  expect(told.mock.calls).toEqual([
    [expect.objectContaining({ paymentId: payment.id, bookingId, eventId, why }), expect.any(String)],
  ]);
  await askAboutSilentPayments({ ...here.till, clock: { now: () => Date.now() + minute + 1_000 } });
  expect(await here.statusOf(booking)).toBe("pending_payment");
  expect(await here.paymentStatuses(booking)).toEqual(["parked"]);
  await here.expectCounts(booking, { tickets: 0, transfers: 1 });
});

function now(): string {
  return `t=${Math.floor(Date.now() / 1_000)}`;
}
