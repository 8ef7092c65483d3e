import { type Currency, decimalsOf } from "./currencies.ts";
import { formatMoney, type Money } from "./money.ts";

/** How people write numbers: 1,234.56 or 1.234,56. */
export type MoneyLocale = "en" | "de";

const groupMarks = { en: ",", de: "." } as const;

/** Without the currency: `formatAmount({ amountMinor: 123456n, currency: "EUR" }, "de")` is "1.234,56". */
export function formatAmount(money: Money, locale: MoneyLocale): string {
  return withoutCurrency(formatMoney(money, locale), money.currency, locale);
}

/**
 * What a person means: with or without the currency (as its code, or as `formatMoney` writes it) and with or without
 * groups of thousands. Undefined for everything that could mean something else: more decimals than the currency has, a
 * group that is not of three digits, another currency.
 */
export function parseMoney(text: string, currency: Currency, locale: MoneyLocale): Money | undefined {
  const decimals = decimalsOf(currency);
  const found = shapes[locale].exec(withoutCurrency(text, currency, locale));
  if (found === null) return undefined;
  const [, sign = "", whole = "", fraction = ""] = found;
  if (fraction.length > decimals) return undefined;
  const amountMinor = BigInt(whole.replaceAll(groupMarks[locale], "") + fraction.padEnd(decimals, "0"));
  return { amountMinor: sign === "" ? amountMinor : -amountMinor, currency };
}

/** Sign, whole units with or without groups, fraction. More digits are no price, and would only cost time. */
const shapes = {
  en: /^(-?)(\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(?:\.(\d{1,3}))?$/,
  de: /^(-?)(\d{1,18}|\d{1,3}(?:\.\d{3}){1,5})(?:,(\d{1,3}))?$/,
} as const;

/** The sign comes first: before "€" in English too. */
function withoutCurrency(text: string, currency: Currency, locale: MoneyLocale): string {
  const names = [currency, symbolOf(currency, locale)];
  const name = names.find((one) => text.includes(one)) ?? "";
  const [before = "", after = "", ...more] = name === "" ? [text] : text.split(name);
  if (more.length > 0) return text;
  const [head, tail] = [before.trim(), after.trim()];
  return head === "" || head === "-" || tail === "" ? `${head}${tail}` : text;
}

function symbolOf(currency: Currency, locale: MoneyLocale): string {
  const parts = new Intl.NumberFormat(locale, { style: "currency", currency }).formatToParts(0);
  return parts.find(({ type }) => type === "currency")?.value ?? currency;
}
