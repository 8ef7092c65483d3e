import type { Currency } from "../../foundation/currencies.ts";
import type { Payment } from "./payment.ts";
import { stripeStep } from "./stripe-money.ts";

const steps: Readonly<Record<Payment["provider"], (currency: Currency) => bigint>> = {
  sandbox: () => 1n,
  stripe: stripeStep,
  // Through which nothing goes back: what a wallet paid is in the wallet again.
  wallet: () => 1n,
};

/**
 * In minor units: a provider can give back whole multiples of this and nothing between. Known also of a provider that is
 * not configured any more, so that nothing is promised through it which it will refuse.
 */
export function refundStep(provider: Payment["provider"], currency: Currency): bigint {
  return steps[provider](currency);
}
