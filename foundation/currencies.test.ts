import { expect, test } from "vitest";
import { decimalsOf, isCurrency } from "./currencies.ts";

test.each([
  ["JPY", 0],
  ["ISK", 0],
  ["UGX", 0],
  ["EUR", 2],
  ["USD", 2],
  ["CHF", 2],
  ["HUF", 2],
  ["MGA", 2],
  ["KWD", 3],
  ["TND", 3],
  ["IQD", 3],
])("%s has %i decimals, as ISO 4217 says", (currency, decimals) => {
  expect(decimalsOf(currency)).toBe(decimals);
});

/** What Intl says, which is how people write prices. */
function decimalsOfIntl(currency: string): number | undefined {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.resolvedOptions().maximumFractionDigits;
}

test("Intl agrees with ISO 4217 but for currencies whose small coins nobody uses any more", () => {
  const all = Intl.supportedValuesOf("currency").filter(isCurrency);
  const others = all.filter((currency) => decimalsOfIntl(currency) !== decimalsOf(currency));
  const unused = "AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK PKR SLL SOS SYP YER";
  expect(others).toEqual(unused.split(" "));
  expect(others.map(decimalsOfIntl)).toEqual(others.map(() => 0));
});

test.each(["CLF", "UYW", "ABC", "eur", "", "__proto__", "constructor"])("%j is no currency", (code) => {
  expect(isCurrency(code)).toBe(false);
  expect(() => decimalsOf(code)).toThrow("is no currency");
});
