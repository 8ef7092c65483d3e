import { type Currency, decimalsOf, isCurrency } from "../../foundation/currencies.ts";
import type { Money } from "../../foundation/money.ts";

/** Digits after the point in which Stripe counts, where they are not two. */
const stripeDigits = new Map<Currency, number>([
  ...["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG"].map((name) => [name, 0] as const),
  ...["RWF", "VND", "VUV", "XAF", "XOF", "XPF"].map((name) => [name, 0] as const),
  ...["BHD", "JOD", "KWD", "OMR", "TND"].map((name) => [name, 3] as const),
]);

/**
 * The number that Stripe's API takes for this amount. Stripe counts some currencies otherwise than ISO 4217 (ISK and UGX
 * with two digits that are always 0), and of three digits it takes only whole tens. Nothing where the amount cannot be
 * said in it.
 */
export function toStripeAmount({ amountMinor, currency }: Money): number | undefined {
  const surplus = stripeDigitsOf(currency) - decimalsOf(currency);
  const amount = shift(amountMinor, surplus);
  const isWhole = amount !== undefined && (stripeDigitsOf(currency) < 3 || amount % 10n === 0n);
  return isWhole && amount <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(amount) : undefined;
}

/** The least amount that Stripe counts in; it takes the multiples of it. */
export function stripeStep(currency: Currency): bigint {
  const surplus = stripeDigitsOf(currency) - decimalsOf(currency);
  const whole = stripeDigitsOf(currency) < 3 ? 1n : 10n;
  return surplus >= 0 ? whole : whole * 10n ** BigInt(-surplus);
}

/** Nothing where it is no amount of that currency. */
export function fromStripeAmount(amount: number, stripeCurrency: string): Money | undefined {
  const currency = stripeCurrency.toUpperCase();
  if (!Number.isSafeInteger(amount) || amount < 0 || !isCurrency(currency)) return undefined;
  const amountMinor = shift(BigInt(amount), decimalsOf(currency) - stripeDigitsOf(currency));
  return amountMinor === undefined ? undefined : { amountMinor, currency };
}

function shift(amount: bigint, digits: number): bigint | undefined {
  if (digits >= 0) return amount * 10n ** BigInt(digits);
  const divisor = 10n ** BigInt(-digits);
  return amount % divisor === 0n ? amount / divisor : undefined;
}

function stripeDigitsOf(currency: Currency): number {
  return stripeDigits.get(currency) ?? 2;
}
