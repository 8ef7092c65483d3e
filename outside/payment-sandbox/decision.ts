import type { Behaviour } from "./behaviours.ts";
import type { Decision } from "./entries.ts";
import type { Payment } from "./shelf.ts";

/** On the payment's page, and at the bank where it asks once more. */
export const wishes = ["approve", "decline", "confirm", "refuse"] as const;
export type Wish = (typeof wishes)[number];

export type Next =
  | { readonly next: "nothing" | "second_step" }
  | { readonly next: "now" | "later" | "never"; readonly status: Decision };

/**
 *   pending ──approve──▶ (at the bank ──confirm──▶) succeeded, or failed where the card is refused
 *      └─────decline──▶ failed ◀──refuse──┘
 */
export function afterWish(
  payment: Pick<Payment, "status" | "isAtBank" | "promise">,
  wish: Wish,
  behaviours: readonly Behaviour[],
): Next {
  const { status, isAtBank, promise } = payment;
  const isForBank = wish === "confirm" || wish === "refuse";
  if (status !== "pending" || promise !== undefined || isForBank !== isAtBank) return { next: "nothing" };
  if (wish === "approve" && behaviours.includes("second_step")) return { next: "second_step" };
  const isApproved = wish === "approve" || wish === "confirm";
  const decision = isApproved && !behaviours.includes("declined") ? "succeeded" : "failed";
  if (behaviours.includes("never_decided")) return { next: "never", status: decision };
  return { next: behaviours.includes("decided_late") ? "later" : "now", status: decision };
}

/** What is taken from the buyer: with some behaviours not what the merchant asked for. */
export function chargeOf({ amountMinor, currency, behaviours }: Payment): {
  amountMinor: number;
  currency: string;
} {
  return {
    amountMinor: behaviours.includes("amount_wrong") && amountMinor > 1 ? amountMinor - 1 : amountMinor,
    currency: behaviours.includes("currency_wrong") ? (currency === "USD" ? "EUR" : "USD") : currency,
  };
}
