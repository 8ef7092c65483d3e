import { shareOf, wholeBasisPoints } from "../../foundation/money-shares.ts";

/** What a seat cost, and whose that was. */
export type PaidSeat = {
  readonly position: number;
  readonly netMinor: bigint;
  readonly feeMinor: bigint;
  readonly taxMinor: bigint;
};

/** Which share of a seat's price goes back; the rest stays with whom it was paid to. */
export type RefundTerms = { readonly shareBasisPoints: number; readonly feesToo: boolean };

export const allBack: RefundTerms = { shareBasisPoints: wholeBasisPoints, feesToo: true };

/** What is left of a payment. */
export type MoneyLeft = { readonly providerMinor: bigint; readonly walletMinor: bigint };

export type RefundAmounts = {
  readonly netMinor: bigint;
  readonly feeMinor: bigint;
  readonly taxMinor: bigint;
  /** Through the provider; with the wallet's it is the sum of the three. */
  readonly amountMinor: bigint;
  readonly walletMinor: bigint;
};

/**
 * Each seat is rounded for itself, so that it makes no difference whether seats are given back together or one by one.
 * The way back is the way the money came, the provider's part first; or all of it goes into the wallet.
 */
export function decideRefund(
  seats: readonly PaidSeat[],
  { shareBasisPoints, feesToo }: RefundTerms,
  left: MoneyLeft,
  to: "provider" | "wallet",
): RefundAmounts {
  const back = (part: "netMinor" | "feeMinor" | "taxMinor") =>
    seats.reduce((sum, seat) => sum + shareOf(seat[part], shareBasisPoints), 0n);
  const [netMinor, taxMinor] = [back("netMinor"), back("taxMinor")];
  const feeMinor = feesToo ? back("feeMinor") : 0n;
  const totalMinor = netMinor + feeMinor + taxMinor;
  if (totalMinor > left.providerMinor + left.walletMinor)
    throw new Error(
      `${totalMinor} are to go back, and ${left.providerMinor} and ${left.walletMinor} are left`,
    );
  const amountMinor = to === "wallet" ? 0n : smaller(totalMinor, left.providerMinor);
  return { netMinor, feeMinor, taxMinor, amountMinor, walletMinor: totalMinor - amountMinor };
}

function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
