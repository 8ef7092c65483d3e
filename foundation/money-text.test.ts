import fc from "fast-check";
import { expect, test } from "vitest";
import { formatMoney, type Money } from "./money.ts";
import { formatAmount, type MoneyLocale, parseMoney } from "./money-text.ts";

const monies = fc.record({
  amountMinor: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
  currency: fc.constantFrom("EUR", "USD", "GBP", "CHF", "HUF", "JPY", "KRW", "ISK", "KWD", "TND", "IQD"),
});
const locales = fc.constantFrom<MoneyLocale>("en", "de");

test("what is written is read as the same again, with the currency and without", () => {
  fc.assert(
    fc.property(monies, locales, (money, locale) => {
      expect(parseMoney(formatAmount(money, locale), money.currency, locale)).toEqual(money);
      expect(parseMoney(formatMoney(money, locale), money.currency, locale)).toEqual(money);
    }),
  );
});

test("what is read is never more or less than what was written, in whole minor units", () => {
  const digits = fc.stringMatching(/^-?\d{1,6}([.,]\d{0,4}){0,2}$/);
  fc.assert(
    fc.property(digits, locales, (text, locale) => {
      const money = parseMoney(text, "KWD", locale);
      if (money === undefined) return;
      const [group, decimal] = locale === "en" ? [",", "."] : [".", ","];
      const plain = Number(text.replaceAll(group, "").replace(decimal, "."));
      expect(Number(money.amountMinor)).toBe(Math.round(plain * 1_000) || 0);
    }),
  );
});

test.each<[bigint, string, MoneyLocale, string]>([
  [123_456n, "EUR", "en", "1,234.56"],
  [123_456n, "EUR", "de", "1.234,56"],
  [-5n, "EUR", "de", "-0,05"],
  [1_234_567n, "JPY", "de", "1.234.567"],
  [1_234_567n, "KWD", "en", "1,234.567"],
  [123_456n, "HUF", "de", "1.234,56"],
])("%d minor units of %s are in %s %s", (amountMinor, currency, locale, text) => {
  expect(formatAmount({ amountMinor, currency }, locale)).toBe(text);
});

test.each<[string, string, MoneyLocale, bigint]>([
  ["45", "EUR", "en", 4_500n],
  ["45.5", "EUR", "en", 4_550n],
  ["1234.56", "EUR", "en", 123_456n],
  ["1.234", "EUR", "de", 123_400n],
  ["1.234", "KWD", "en", 1_234n],
  ["EUR 45.00", "EUR", "en", 4_500n],
  ["-€1,234.56", "EUR", "en", -123_456n],
  ["€ -12.05", "EUR", "en", -1_205n],
  ["45,00\u00a0€", "EUR", "de", 4_500n],
  ["45 EUR", "EUR", "de", 4_500n],
  ["4.500", "JPY", "de", 4_500n],
  ["007", "EUR", "en", 700n],
  ["-0", "EUR", "en", 0n],
])("%j as %s means in %s %d minor units", (text, currency, locale, amountMinor) => {
  expect(parseMoney(text, currency, locale)).toEqual({ amountMinor, currency } satisfies Money);
});

test.each<[string, string, MoneyLocale]>([
  ["1.234", "EUR", "en"],
  ["1,234", "EUR", "de"],
  ["12,34", "EUR", "en"],
  ["12.34", "EUR", "de"],
  ["1,2345.00", "EUR", "en"],
  [",123", "EUR", "en"],
  ["45.", "EUR", "en"],
  ["45.0", "JPY", "en"],
  [".5", "EUR", "en"],
  ["", "EUR", "en"],
  ["-", "EUR", "en"],
  ["€", "EUR", "en"],
  ["1e3", "EUR", "en"],
  ["0x10", "EUR", "en"],
  ["--1", "EUR", "en"],
  ["+1", "EUR", "en"],
  ["1 234", "EUR", "en"],
  ["4€5", "EUR", "en"],
  ["€4€", "EUR", "en"],
  ["$45", "EUR", "en"],
  ["45 USD", "EUR", "en"],
  ["٤٥", "EUR", "en"],
  ["9".repeat(19), "EUR", "en"],
])("%j is no amount of %s in %s", (text, currency, locale) => {
  expect(parseMoney(text, currency, locale)).toBeUndefined();
});

test("what is no currency is a mistake of the program", () => {
  expect(() => parseMoney("1", "EURO", "en")).toThrow("no currency");
  expect(() => formatMoney({ amountMinor: 1n, currency: "XYZ" })).toThrow("no currency");
});
