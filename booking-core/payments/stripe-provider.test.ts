import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PaymentId, RefundId } from "../../foundation/ids.ts";
import type { PaymentProvider } from "./payment.ts";
import { createStripeProvider } from "./stripe-provider.ts";
import { dispute, event, failure, openStripe, paidSession, refund, session } from "./test-stripe.ts";

const paymentId = "0190f0a0-0000-7000-8000-000000000001" as PaymentId;
const refundId = "0190f0a0-0000-7000-8000-000000000002" as RefundId;
const euros = (amountMinor: bigint) => ({ amountMinor, currency: "EUR" });
const wanted = {
  paymentId,
  amount: euros(9_000n),
  description: "2 tickets",
  email: "buyer@example.org",
  returnUrl: "https://shop.example/back",
};
const back = { refundId, paymentId, providerPaymentId: "cs_test_a1b2c3", amount: euros(2_500n) };
const [secret, formerSecret] = ["whsec_new", "whsec_former"];

let here: Awaited<ReturnType<typeof openStripe>>;
let provider: PaymentProvider;
beforeEach(async () => {
  here = await openStripe();
  const keys = { secretKey: "sk_test_1", webhookSecret: `${secret}, ${formerSecret}` };
  provider = createStripeProvider({ ...keys, api: here.api });
});
afterEach(() => here.close());

describe("a payment at Stripe", () => {
  test("is a session with our ids, our key, the exact amount, and nothing of us told beside it", async () => {
    const created = await provider.create(wanted);
    expect(created).toEqual({
      providerPaymentId: "cs_test_a1b2c3",
      payUrl: "https://checkout.stripe.com/c/pay/cs_test_a1b2c3",
    });
    const [call] = here.calls;
    expect(call).toMatchObject({ method: "POST", path: "/v1/checkout/sessions", key: paymentId });
    expect(call?.form).toMatchObject({
      mode: "payment",
      client_reference_id: paymentId,
      "metadata[payment_id]": paymentId,
      "payment_intent_data[metadata][payment_id]": paymentId,
      "line_items[0][quantity]": "1",
      "line_items[0][price_data][currency]": "eur",
      "line_items[0][price_data][unit_amount]": "9000",
      "line_items[0][price_data][product_data][name]": "2 tickets",
      customer_email: "buyer@example.org",
      success_url: "https://shop.example/back",
      "adaptive_pricing[enabled]": "false",
    });
    await provider.create(wanted);
    expect(here.calls.every(({ headers }) => headers["x-stripe-client-telemetry"] === undefined)).toBe(true);
  });

  test("in an amount that Stripe cannot take is not asked for", async () => {
    const dinars = { amountMinor: 1_501n, currency: "KWD" };
    expect(await provider.create({ ...wanted, amount: dinars })).toHaveProperty("refused");
    expect(here.calls).toEqual([]);
  });

  test("that Stripe refuses for good is refused with its reason, which names nobody", async () => {
    const error = {
      type: "invalid_request_error",
      code: "email_invalid",
      message: `Invalid: ${wanted.email}`,
    };
    here.stripe.override = () => failure(400, error);
    expect(await provider.create(wanted)).toEqual({ refused: "email_invalid" });
  });

  test.each([
    ["that breaks", failure(500, { type: "api_error", message: "Sorry." })],
    ["that asks for patience", failure(429, { type: "invalid_request_error", code: "rate_limit" })],
  ])("of an answer %s is unknown, and asked for once only", async (_what, answer) => {
    here.stripe.override = () => answer;
    await expect(provider.create(wanted)).rejects.toThrow(Stripe.errors.StripeError);
    expect(here.calls).toHaveLength(1);
  });

  test("that is never answered is given up in time", async () => {
    here.stripe.override = () => "never";
    await expect(provider.create(wanted)).rejects.toThrow(Stripe.errors.StripeConnectionError);
  });

  test.each([
    ["pending", session()],
    ["pending", session({ status: "complete", payment_intent: "pi_1" })],
    ["succeeded", paidSession()],
    ["failed", session({ status: "expired" })],
  ] as const)("is %s as its session says", async (status, object) => {
    here.stripe.session = object;
    expect(await provider.status("cs_test_a1b2c3")).toEqual({ status, amount: euros(9_000n) });
  });
});

describe("a refund at Stripe", () => {
  beforeEach(() => {
    here.stripe.session = paidSession();
  });
  const made = () => here.calls.filter(({ method, path }) => method === "POST" && path === "/v1/refunds");

  test("is of the amount, with our ids and our key", async () => {
    const answer = await provider.refund(back);
    expect(answer).toEqual({ status: "succeeded", providerRefundId: here.refunds[0]?.["id"] });
    expect(made()).toMatchObject([{ key: refundId }]);
    expect(made()[0]?.form).toEqual({
      payment_intent: "pi_1",
      amount: "2500",
      "metadata[payment_id]": paymentId,
      "metadata[refund_id]": refundId,
      "metadata[session_id]": "cs_test_a1b2c3",
    });
  });

  test("is the same again though Stripe has forgotten its key, and says how it stands by now", async () => {
    here.stripe.override = ({ method, path }) => {
      if (method !== "POST" || path !== "/v1/refunds") return undefined;
      const pending = refund({ id: "re_1", status: "pending", amount: 2_500 });
      here.refunds.push(pending);
      return { body: pending };
    };
    expect(await provider.refund(back)).toEqual({ status: "pending", providerRefundId: "re_1" });
    here.remembered.clear();
    here.refunds[0] = { ...here.refunds[0], status: "succeeded" };
    expect(await provider.refund(back)).toEqual({ status: "succeeded", providerRefundId: "re_1" });
    expect(made()).toHaveLength(1);
  });

  test.each(["failed", "canceled"])("that is %s is refused for good", async (status) => {
    here.refunds.push(refund({ id: "re_1", status }));
    expect(await provider.refund(back)).toEqual({ status: "failed", providerRefundId: "re_1" });
  });

  test.each([
    [
      "that was given back already",
      failure(400, { type: "invalid_request_error", code: "charge_already_refunded" }),
    ],
    [
      "of more than is left",
      failure(400, { type: "invalid_request_error", param: "amount", message: "Too much." }),
    ],
  ])("%s is refused for good", async (_what, answer) => {
    here.stripe.override = ({ method }) => (method === "POST" ? answer : undefined);
    expect(await provider.refund(back)).toEqual({ status: "failed", providerRefundId: null });
  });

  test("of a session that nobody paid is refused for good", async () => {
    here.stripe.session = session();
    expect(await provider.refund(back)).toEqual({ status: "failed", providerRefundId: null });
  });

  test.each([
    ["a wrong key", failure(401, { type: "invalid_request_error", message: "Invalid API Key" })],
    ["an empty balance", failure(400, { type: "invalid_request_error", code: "balance_insufficient" })],
    ["a key that is in use", failure(409, { type: "idempotency_error", message: "In progress." })],
    ["a breakdown", failure(503, { type: "api_error", message: "Sorry." })],
  ])("that meets %s has an unknown outcome", async (_what, answer) => {
    here.stripe.override = ({ method }) => (method === "POST" ? answer : undefined);
    await expect(provider.refund(back)).rejects.toThrow(Stripe.errors.StripeError);
  });
});

describe("a webhook of Stripe", () => {
  const nowMs = 1_790_000_300_000;
  const payload = JSON.stringify(event("checkout.session.completed", paidSession()));
  const headerOf = (differences: { payload?: string; secret?: string; timestamp?: number } = {}) =>
    Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: nowMs / 1_000, ...differences });
  const verify = (header: string, body = payload) => provider.verifyWebhook(Buffer.from(body), header, nowMs);

  test("is believed with the signature of each of our secrets", () => {
    const fact = {
      providerEventId: "evt_1QxYz",
      kind: "payment_succeeded",
      paymentId,
      amount: euros(9_000n),
    };
    for (const signedWith of [secret, formerSecret])
      expect(verify(headerOf({ secret: signedWith }))).toMatchObject(fact);
  });

  test.each([
    ["of another's secret", headerOf({ secret: "whsec_other" })],
    ["of another body", headerOf({ payload: "{}" })],
    ["that is too old", headerOf({ timestamp: nowMs / 1_000 - 301 })],
    ["without a time", headerOf().replace(/t=\d+,/, "")],
    ["that is empty", ""],
    ["that is nonsense", "v1=,t=,,=é"],
  ])("is not believed with a signature %s", (_what, header) => {
    expect(verify(header)).toBeUndefined();
  });

  test("is believed to the last second of its time", () => {
    expect(verify(headerOf({ timestamp: nowMs / 1_000 - 300 }))).toBeDefined();
  });

  const read = (type: string, object: object) => provider.readWebhook(JSON.stringify(event(type, object)));

  test.each([
    ["checkout.session.completed", paidSession(), "payment_succeeded"],
    ["checkout.session.completed", session({ status: "complete" }), "other"],
    ["checkout.session.async_payment_succeeded", paidSession(), "payment_succeeded"],
    ["checkout.session.async_payment_failed", session({ status: "complete" }), "payment_failed"],
    ["checkout.session.expired", session({ status: "expired" }), "payment_failed"],
    ["checkout.session.completed", paidSession({ metadata: {} }), "other"],
    ["checkout.session.completed", paidSession({ amount_total: null }), "unreadable"],
    ["checkout.session.completed", paidSession({ amount_total: 90.5 }), "unreadable"],
    ["refund.created", refund(), "refund_succeeded"],
    ["refund.created", refund({ status: "pending" }), "other"],
    ["refund.updated", refund(), "refund_succeeded"],
    ["refund.failed", refund({ status: "failed", failure_reason: "lost_or_stolen_card" }), "refund_failed"],
    ["charge.refund.updated", refund({ status: "failed" }), "refund_failed"],
    ["refund.updated", refund({ metadata: {} }), "other"],
    ["refund.created", refund({ metadata: {} }), "refund_by_hand"],
    ["refund.created", refund({ metadata: null, status: null }), "refund_by_hand"],
    ["refund.failed", refund({ metadata: {}, status: "failed" }), "refund_by_hand"],
    ["refund.created", refund({ metadata: {}, payment_intent: null }), "other"],
    ["refund.created", refund({ metadata: {}, amount: 90.5 }), "unreadable"],
    ["charge.refunded", { id: "ch_1", object: "charge", payment_intent: "pi_1" }, "other"],
    ["payment_intent.payment_failed", { id: "pi_1", object: "payment_intent" }, "other"],
    ["charge.dispute.created", dispute(), "dispute"],
    ["charge.dispute.closed", dispute({ status: "lost", evidence_details: null }), "dispute"],
    ["charge.dispute.updated", dispute(), "other"],
    ["charge.dispute.created", dispute({ payment_intent: null }), "other"],
    ["charge.dispute.created", dispute({ amount: null }), "unreadable"],
  ])("of type %s is a fact of its own kind", (type, object, kind) => {
    expect(read(type, object)).toMatchObject({ providerEventId: "evt_1QxYz", kind });
  });

  test.each([
    { id: "evt_1QxYz", type: "account.updated" },
    { id: "evt_1QxYz", type: "refund.updated", data: {} },
  ])("with nothing in it (%j) is kept all the same: refused, it would come for days", (empty) => {
    const body = JSON.stringify(empty);
    const fact = { providerEventId: "evt_1QxYz", kind: "other" };
    expect(verify(headerOf({ payload: body }), body)).toEqual(fact);
  });

  test("of a refund that was tried again says which try it is", () => {
    const { metadata } = refund();
    const again = refund({ metadata: { ...metadata, attempt: "2" } });
    expect(read("refund.failed", again)).toMatchObject({ refundId, attempt: 2 });
  });

  test("of a refund carries our ids and its own amount", () => {
    expect(read("refund.updated", refund({ id: "re_1", amount: 2_500 }))).toEqual({
      ...{
        provider: "stripe",
        providerEventId: "evt_1QxYz",
        kind: "refund_succeeded",
        providerPaymentId: "cs_test_a1b2c3",
      },
      ...{ paymentId, refundId, attempt: 0, providerRefundId: "re_1", amount: euros(2_500n) },
    });
  });
});
