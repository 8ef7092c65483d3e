import { type Currency, decimalsOf } from "./currencies.ts";

/** Money is a bigint of minor units (cents, yen, fils) with its currency; never a float. */
export type Money = { readonly amountMinor: bigint; readonly currency: Currency };

export type { Currency };

export function multiplyMoney(price: Money, quantity: number): Money {
  if (!Number.isSafeInteger(quantity) || quantity < 0) throw new Error(`quantity ${quantity} is no count`);
  return { amountMinor: price.amountMinor * BigInt(quantity), currency: price.currency };
}

export function addMoney(left: Money, right: Money): Money {
  if (left.currency !== right.currency) throw new Error(`cannot add ${left.currency} and ${right.currency}`);
  return { amountMinor: left.amountMinor + right.amountMinor, currency: left.currency };
}

/** For people: `formatMoney({ amountMinor: 4500n, currency: "EUR" })` is "€45.00". */
export function formatMoney(money: Money, locale = "en"): string {
  const decimals = decimalsOf(money.currency);
  const format = new Intl.NumberFormat(locale, {
    ...{ style: "currency", currency: money.currency },
    ...{ minimumFractionDigits: decimals, maximumFractionDigits: decimals },
  });
  return format.format(decimalText(money.amountMinor, decimals) as Intl.StringNumericLiteral);
}

function decimalText(amountMinor: bigint, decimals: number): string {
  const sign = amountMinor < 0n ? "-" : "";
  const text = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(decimals + 1, "0");
  if (decimals === 0) return `${sign}${text}`;
  return `${sign}${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
}
