import { expect, test } from "vitest";
import { addMoney, formatMoney, multiplyMoney } from "./money.ts";

const euro = (amountMinor: bigint) => ({ amountMinor, currency: "EUR" });

test("amounts beyond a float's reach stay exact", () => {
  expect(multiplyMoney(euro(9_007_199_254_740_993n), 3)).toEqual(euro(27_021_597_764_222_979n));
});

test("currencies are never mixed, and a quantity is a count", () => {
  expect(() => addMoney(euro(1n), { amountMinor: 1n, currency: "USD" })).toThrow("cannot add");
  expect(() => multiplyMoney(euro(1n), 1.5)).toThrow("no count");
  expect(() => multiplyMoney(euro(1n), -1)).toThrow("no count");
});

test.each([
  [4_500n, "EUR", "€45.00"],
  [5n, "EUR", "€0.05"],
  [-1_205n, "EUR", "-€12.05"],
  [4_500n, "JPY", "¥4,500"],
  [9_007_199_254_740_993n, "EUR", "€90,071,992,547,409.93"],
])("%d minor units of %s read %s", (amountMinor, currency, text) => {
  expect(formatMoney({ amountMinor, currency })).toBe(text);
});

test("a currency with three decimals keeps them", () => {
  expect(formatMoney({ amountMinor: 1_234n, currency: "KWD" })).toContain("1.234");
});
