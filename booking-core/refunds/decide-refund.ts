import { shareOf, splitOver, wholeBasisPoints } from "../../foundation/money-shares.ts";

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
export type MoneyLeft = {
  readonly providerMinor: bigint;
  readonly walletMinor: bigint;
  /** The provider gives back whole multiples of it, and nothing between. */
  readonly stepMinor: bigint;
};

export type RefundAmounts = {
  readonly netMinor: bigint;
  readonly feeMinor: bigint;
  readonly taxMinor: bigint;
  /** Through the provider; with the wallet's it is the sum of the three. */
  readonly amountMinor: bigint;
  readonly walletMinor: bigint;
};

type Parts = Omit<PaidSeat, "position">;

/**
 * Each seat is rounded for itself, so that it makes no difference whether seats are given back together or one by one.
 * The way back is the way the money came, the provider's part first; or all of it goes into the wallet. So does what the
 * provider cannot give back: promised through it, it would be refused for ever with the tickets void.
 */
export function decideRefund(
  seats: readonly PaidSeat[],
  terms: RefundTerms,
  left: MoneyLeft,
  to: "provider" | "wallet",
): RefundAmounts {
  const parts = seats.map((seat) => backOf(seat, terms)).reduce(added, nothing);
  const totalMinor = sumOf(parts);
  if (totalMinor > left.providerMinor + left.walletMinor)
    throw new Error(
      `${totalMinor} are to go back, and ${left.providerMinor} and ${left.walletMinor} are left`,
    );
  const throughMinor = to === "wallet" ? 0n : smaller(totalMinor, left.providerMinor);
  const amountMinor = throughMinor - (throughMinor % left.stepMinor);
  return { ...parts, amountMinor, walletMinor: totalMinor - amountMinor };
}

const nothing: Parts = { netMinor: 0n, feeMinor: 0n, taxMinor: 0n };

/** The share is one of the seat's sum, rounded once, and split over its parts: none gives more than it got. */
function backOf(
  { netMinor, feeMinor, taxMinor }: PaidSeat,
  { shareBasisPoints, feesToo }: RefundTerms,
): Parts {
  const paid = { netMinor, feeMinor: feesToo ? feeMinor : 0n, taxMinor };
  const backMinor = shareOf(sumOf(paid), shareBasisPoints);
  if (backMinor === 0n) return nothing;
  const [net = 0n, fee = 0n, tax = 0n] = splitOver(backMinor, [paid.netMinor, paid.feeMinor, paid.taxMinor]);
  return { netMinor: net, feeMinor: fee, taxMinor: tax };
}

function sumOf({ netMinor, feeMinor, taxMinor }: Parts): bigint {
  return netMinor + feeMinor + taxMinor;
}

function added(one: Parts, other: Parts): Parts {
  return {
    netMinor: one.netMinor + other.netMinor,
    feeMinor: one.feeMinor + other.feeMinor,
    taxMinor: one.taxMinor + other.taxMinor,
  };
}

function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
