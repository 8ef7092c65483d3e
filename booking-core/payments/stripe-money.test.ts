import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isCurrency } from "../../foundation/currencies.ts";
import { fromStripeAmount, stripeStep, toStripeAmount } from "./stripe-money.ts";

describe("an amount for Stripe", () => {
  test.each([
    ["EUR", 9_000n, 9_000],
    ["JPY", 9_000n, 9_000],
    ["KWD", 1_500n, 1_500],
    ["KWD", 1_501n, undefined],
    ["ISK", 500n, 50_000],
    ["UGX", 500n, 50_000],
    ["HUF", 50_000n, 50_000],
    ["MGA", 500n, 5],
    ["MGA", 501n, undefined],
    ["EUR", BigInt(Number.MAX_SAFE_INTEGER) + 1n, undefined],
  ])("of %s is counted as Stripe counts it", (currency, amountMinor, amount) => {
    expect(toStripeAmount({ amountMinor, currency })).toBe(amount);
  });

  test.each([
    [90.5, "eur"],
    [-1, "eur"],
    [Number.NaN, "eur"],
    [550, "isk"],
    [100, ""],
    [100, "abc"],
  ])("of %d %s is no amount", (amount, currency) => {
    expect(fromStripeAmount(amount, currency)).toBeUndefined();
  });

  test("is a multiple of the least one that Stripe takes, in every currency, and no other is", () => {
    const currencies = fc.constantFrom(...Intl.supportedValuesOf("currency").filter(isCurrency));
    const amounts = fc.bigInt({ min: 1n, max: 1_000_000n });
    fc.assert(
      fc.property(amounts, currencies, (amountMinor, currency) => {
        const isTaken = toStripeAmount({ amountMinor, currency }) !== undefined;
        expect(isTaken).toBe(amountMinor % stripeStep(currency) === 0n);
      }),
      { numRuns: 2_000 },
    );
    expect(["EUR", "KWD", "MGA", "ISK"].map((name) => stripeStep(name))).toEqual([1n, 10n, 100n, 1n]);
  });

  test("comes back as it went, in every currency", () => {
    const currencies = fc.constantFrom(...Intl.supportedValuesOf("currency").filter(isCurrency));
    const amounts = fc.bigInt({ min: 0n, max: 10_000_000_000n });
    fc.assert(
      fc.property(amounts, currencies, (amountMinor, currency) => {
        const amount = toStripeAmount({ amountMinor, currency });
        if (amount === undefined) return;
        expect(fromStripeAmount(amount, currency.toLowerCase())).toEqual({ amountMinor, currency });
      }),
    );
  });
});
