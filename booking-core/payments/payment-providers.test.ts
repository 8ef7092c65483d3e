import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../foundation/config.ts";
import { configuredProviders } from "./payment-providers.ts";

const stripeKeys = { STRIPE_SECRET_KEY: "sk_test_1", STRIPE_WEBHOOK_SECRET: "whsec_1" };
const production = {
  ...{ NODE_ENV: "production", TOKEN_SECRET: "a".repeat(40), METRICS_TOKEN: "b".repeat(40), ...stripeKeys },
  PAYMENT_PROVIDER: "stripe",
};
const sandboxSecrets = { SANDBOX_API_KEY: "c".repeat(40), SANDBOX_WEBHOOK_SECRET: "d".repeat(40) };

describe("the payment provider", () => {
  test.each([
    [{}, "sandbox"],
    [stripeKeys, "sandbox"],
    [{ ...stripeKeys, PAYMENT_PROVIDER: "stripe" }, "stripe"],
  ])("of %j is %s", async (environment, name) => {
    expect((await configuredProviders(loadConfig(environment))).current.name).toBe(name);
  });

  test("that is not chosen still answers for what it began", async () => {
    const providers = await configuredProviders(loadConfig({ ...production, ...sandboxSecrets }));
    const body = JSON.stringify({ id: "evt_1", type: "payout.paid" });
    expect(providers.of("sandbox").readWebhook(body)).toEqual({ providerEventId: "evt_1", kind: "other" });
  });

  test.each([
    ["without an id", { type: "payout.paid" }],
    ["with an id that Postgres cannot hold", { id: "evt_\0", type: "payout.paid" }],
    ["of nothing", null],
    ["that is no JSON", undefined],
  ])("has said what cannot be read: a signed event of Stripe %s", async (_what, content) => {
    const stripe = (await configuredProviders(loadConfig(stripeKeys))).of("stripe");
    const payload = JSON.stringify(content) ?? "no JSON";
    const secret = stripeKeys.STRIPE_WEBHOOK_SECRET;
    const header = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: 1_000 });
    const unreadable = {
      providerEventId: expect.stringMatching(/^unreadable [0-9a-f]{64}$/),
      kind: "unreadable",
    };
    const fact = stripe.verifyWebhook(Buffer.from(payload), header, 1_000_000);
    expect(fact).toEqual(unreadable);
    expect(stripe.readWebhook(payload)).toEqual(fact);
    expect(stripe.verifyWebhook(Buffer.from(payload), "t=1000,v1=00", 1_000_000)).toBeUndefined();
  });

  test("whose secrets everybody knows is believed nothing, and asked for nothing", async () => {
    const sandbox = (await configuredProviders(loadConfig(production))).of("sandbox");
    expect(sandbox.verifyWebhook(Buffer.from("{}"), "t=1,v1=00", 1_000)).toBeUndefined();
    await expect(sandbox.status("pay_1")).rejects.toThrow("sandbox is not configured");
  });
});
