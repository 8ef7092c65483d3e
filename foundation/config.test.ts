import { describe, expect, test } from "vitest";
import { ConfigError, describeConfig, loadConfig, trustsSandbox } from "./config.ts";

const ownSecrets = {
  TOKEN_SECRET: "a".repeat(40),
  METRICS_TOKEN: "d".repeat(40),
  SANDBOX_API_KEY: "b".repeat(40),
  SANDBOX_WEBHOOK_SECRET: "c".repeat(40),
};

const stripeKeys = { STRIPE_SECRET_KEY: "sk_test_1", STRIPE_WEBHOOK_SECRET: "whsec_1,whsec_2" };

describe("the configuration", () => {
  test("needs nothing in development", () => {
    const config = loadConfig({});
    expect(config.HTTP_PORT).toBe(8080);
    expect(config.ONSALE_ROLES).toEqual(["gateway", "admission", "worker"]);
  });

  test("takes an empty variable for an absent one", () => {
    expect(loadConfig({ HTTP_PORT: "" }).HTTP_PORT).toBe(8080);
  });

  test.each([
    ["HTTP_PORT", "0"],
    ["HTTP_PORT", "http"],
    ["DATABASE_URL", "mysql://x"],
    ["REDIS_URL", "redis://a:1,nonsense"],
    ["ONSALE_ROLES", "gateway,cook"],
    ["TOKEN_SECRET", "short"],
    ["SANDBOX_WEBHOOK_SECRET", `${"c".repeat(40)},short`],
    ["STRIPE_SECRET_KEY", "pk_test_public"],
    ["STRIPE_WEBHOOK_SECRET", "whsec_one,two"],
  ])("stops with a sentence that names %s when it is %j", (name, value) => {
    expect(() => loadConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => loadConfig({ [name]: value })).toThrow(name);
  });

  test("refuses each default secret in production, by name", () => {
    for (const name of Object.keys(ownSecrets)) {
      const environment = { ...ownSecrets, NODE_ENV: "production", [name]: undefined };
      expect(() => loadConfig(environment)).toThrow(name);
    }
    expect(loadConfig({ ...ownSecrets, NODE_ENV: "production" }).NODE_ENV).toBe("production");
  });

  test("refuses a default secret in production also beside another, while it changes", () => {
    const both = `${ownSecrets.SANDBOX_WEBHOOK_SECRET},${loadConfig({}).SANDBOX_WEBHOOK_SECRET}`;
    const environment = { ...ownSecrets, NODE_ENV: "production", SANDBOX_WEBHOOK_SECRET: both };
    expect(() => loadConfig(environment)).toThrow("SANDBOX_WEBHOOK_SECRET");
  });

  test("asks for Stripe's keys where Stripe is chosen, and then for no secret of the sandbox", () => {
    const { SANDBOX_API_KEY: _, SANDBOX_WEBHOOK_SECRET: __, ...others } = ownSecrets;
    const chosen = { ...others, NODE_ENV: "production", PAYMENT_PROVIDER: "stripe" };
    for (const name of Object.keys(stripeKeys))
      expect(() => loadConfig({ ...chosen, ...stripeKeys, [name]: undefined })).toThrow(name);
    expect(loadConfig({ ...chosen, ...stripeKeys }).PAYMENT_PROVIDER).toBe("stripe");
  });

  test("trusts the sandbox in production only with secrets of its own", () => {
    const chosen = { ...ownSecrets, ...stripeKeys, NODE_ENV: "production", PAYMENT_PROVIDER: "stripe" };
    expect(trustsSandbox(loadConfig(chosen))).toBe(true);
    expect(trustsSandbox(loadConfig({ ...chosen, SANDBOX_WEBHOOK_SECRET: undefined }))).toBe(false);
    expect(trustsSandbox(loadConfig({}))).toBe(true);
  });

  test("cannot be changed after it is read", () => {
    expect(Object.isFrozen(loadConfig({}))).toBe(true);
  });

  test("describes every variable and shows no secret's default", () => {
    const variables = describeConfig();
    expect(variables.every((variable) => variable.description.length > 0)).toBe(true);
    const secrets = variables.filter((variable) => variable.isSecret);
    expect(secrets.map((variable) => variable.name)).toEqual(Object.keys(ownSecrets));
    for (const variable of secrets) expect(variable.defaultText).toBe("a development secret");
  });
});
