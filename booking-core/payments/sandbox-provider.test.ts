import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PaymentId, type RefundId, uuidSource } from "../../foundation/ids.ts";
import { apiKey, openSandbox, type TestSandbox } from "../../outside/payment-sandbox/test-sandbox.ts";
import { sign } from "../../outside/payment-sandbox/webhooks.ts";
import { createSandboxProvider } from "./sandbox-provider.ts";

const [secret, formerSecret] = ["w".repeat(40), "f".repeat(40)];
const euros = (amountMinor: bigint) => ({ amountMinor, currency: "EUR" });

let sandbox: TestSandbox;
let provider: ReturnType<typeof createSandboxProvider>;
beforeAll(async () => {
  sandbox = await openSandbox({ SANDBOX_WEBHOOK_SECRET: secret, SANDBOX_LATE_MS: "300" });
  const keys = { apiKey, webhookSecret: `${secret}, ${formerSecret}` };
  provider = createSandboxProvider({ ...keys, url: sandbox.apiUrl() });
});
afterAll(() => sandbox.close());

const newPayment = (amountMinor = 9_000n) => ({
  paymentId: uuidSource.next<PaymentId>(),
  amount: euros(amountMinor),
  description: "2 tickets",
  email: "buyer@example.org",
  returnUrl: "https://shop.example/back",
});
const paid = async (behaviour = "") => {
  const payment = newPayment();
  const { providerPaymentId } = await provider.create(payment);
  await sandbox.decide(providerPaymentId, "approve", { "sandbox-behaviour": behaviour });
  const { paymentId } = payment;
  return { paymentId, providerPaymentId, refundId: uuidSource.next<RefundId>(), amount: euros(2_500n) };
};

describe("a payment at the sandbox", () => {
  test("is the same again, with a page for the buyer", async () => {
    const payment = newPayment();
    const [first, again] = [await provider.create(payment), await provider.create(payment)];
    expect(again).toEqual(first);
    expect(await (await fetch(first.payUrl)).text()).toContain("2 tickets");
  });

  test("is what the sandbox says of it", async () => {
    const { providerPaymentId } = await provider.create(newPayment());
    expect(await provider.status(providerPaymentId)).toEqual({ status: "pending", amount: euros(9_000n) });
    await sandbox.decide(providerPaymentId, "approve", { "sandbox-behaviour": "amount_wrong" });
    expect(await provider.status(providerPaymentId)).toEqual({ status: "succeeded", amount: euros(8_999n) });
    await provider.refund({ ...(await paid()), providerPaymentId, amount: euros(8_999n) });
    expect((await provider.status(providerPaymentId)).status).toBe("succeeded");
  });

  test("has an unknown outcome while the sandbox breaks, and then the same key makes it", async () => {
    const payment = newPayment(100_733n);
    await expect(provider.create(payment)).rejects.toThrow("500");
    expect((await provider.create(payment)).providerPaymentId).toMatch(/^pay_/);
  });

  test("that is never answered is given up in time, and was made all the same", async () => {
    const payment = newPayment(100_732n);
    const before = (await sandbox.books()).payments;
    await expect(provider.create(payment)).rejects.toThrow(
      /sandbox did not answer to \/v1\/payments: .*timeout/,
    );
    await provider.create(payment);
    expect((await sandbox.books()).payments - before).toBe(1);
  });
});

describe("a refund at the sandbox", () => {
  test("is of the amount, once by its id", async () => {
    const wish = await paid();
    const first = await provider.refund(wish);
    expect(first).toEqual({ status: "succeeded", providerRefundId: expect.stringMatching(/^ref_/) });
    expect(await provider.refund(wish)).toEqual(first);
    const other = { ...wish, refundId: uuidSource.next<RefundId>(), amount: euros(6_500n) };
    expect((await provider.refund(other)).providerRefundId).not.toBe(first.providerRefundId);
    await expect(provider.refund({ ...wish, amount: euros(1n) })).rejects.toThrow("409");
  });

  test.each([
    ["refused at once", "refund_refused", 2_500n],
    ["of more than is left", "", 9_001n],
  ])("that is %s has failed for good", async (_what, behaviour, amountMinor) => {
    const wish = await paid(behaviour);
    expect((await provider.refund({ ...wish, amount: euros(amountMinor) })).status).toBe("failed");
  });

  test("of what nobody has paid yet has an unknown outcome", async () => {
    const { providerPaymentId } = await provider.create(newPayment());
    await expect(provider.refund({ ...(await paid()), providerPaymentId })).rejects.toThrow("409");
  });

  test("that breaks has an unknown outcome, and the same id asks again", async () => {
    const wish = await paid("refund_breaks");
    await expect(provider.refund(wish)).rejects.toThrow("500");
    expect((await provider.refund(wish)).status).toBe("succeeded");
  });
});

describe("a webhook of the sandbox", () => {
  const fact = { id: "evt_1", type: "payment.succeeded" };
  const data = { paymentId: "pay_1", reference: "ours", amountMinor: 9_000, currency: "EUR" };
  const ofRefund = { ...data, refundId: "ref_1", refundReference: "our refund" };
  const body = JSON.stringify({ ...fact, data });
  const nowMs = 1_790_000_000_000;
  const verify = (header: string, text = body) => provider.verifyWebhook(Buffer.from(text), header, nowMs);

  test("that came is believed, with its own signature and its refund's id", async () => {
    const wish = await paid();
    const { providerRefundId } = await provider.refund(wish);
    await sandbox.caughtCount(2, wish.providerPaymentId);
    const facts = sandbox
      .caughtOf(wish.providerPaymentId)
      .map((caught) => provider.verifyWebhook(Buffer.from(caught.body), caught.signature, Date.now()));
    const { paymentId, providerPaymentId, refundId } = wish;
    const ids = {
      provider: "sandbox",
      providerEventId: expect.stringMatching(/^evt_/),
      paymentId,
      providerPaymentId,
    };
    expect(facts).toContainEqual({ ...ids, kind: "payment_succeeded", amount: euros(9_000n) });
    const ofRefund = { refundId, attempt: 0, providerRefundId, amount: euros(2_500n) };
    expect(facts).toContainEqual({ ...ids, kind: "refund_succeeded", ...ofRefund });
    expect(providerRefundId).not.toBe(refundId);
  });

  test.each([
    ["of the new secret", sign(body, secret, nowMs), true],
    ["of the former", sign(body, formerSecret, nowMs), true],
    ["of both", sign(body, `${secret},${formerSecret}`, nowMs), true],
    ["of a stranger's and ours", sign(body, `stranger,${secret}`, nowMs), true],
    ["of a stranger's", sign(body, "stranger", nowMs), false],
    ["of five minutes ago", sign(body, secret, nowMs - 300_000), true],
    ["of more than five minutes ago", sign(body, secret, nowMs - 301_000), false],
    ["of more than five minutes ahead", sign(body, secret, nowMs + 301_000), false],
    ["of another body", sign(`${body} `, secret, nowMs), false],
    ["behind too many others", sign(body, `${"stranger,".repeat(5)}${secret}`, nowMs), false],
    ["that is empty", "", false],
    ["that is cut", sign(body, secret, nowMs).slice(0, -2), false],
  ])("with a signature %s is believed or not: %s", (_what, header, isBelieved) => {
    expect(verify(header) !== undefined).toBe(isBelieved);
  });

  test.each([
    [{ ...fact, data }, "payment_succeeded"],
    [{ ...fact, type: "payment.failed", data }, "payment_failed"],
    [{ ...fact, type: "refund.succeeded", data: ofRefund }, "refund_succeeded"],
    [{ ...fact, type: "refund.failed", data: ofRefund }, "refund_failed"],
    [{ ...fact, type: "refund.failed", data }, "unreadable"],
    [{ ...fact, data: { ...data, amountMinor: 0.5 } }, "unreadable"],
    [{ ...fact, data: { ...data, currency: "ABC" } }, "unreadable"],
    [{ ...fact, type: "payout.paid" }, "other"],
  ])("%j is a fact of its own kind", (content, kind) => {
    expect(provider.readWebhook(JSON.stringify(content))).toMatchObject({ providerEventId: "evt_1", kind });
  });
});
