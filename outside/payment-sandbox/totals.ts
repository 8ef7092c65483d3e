import { chargeOf } from "./decision.ts";
import type { Payment, Shelf } from "./shelf.ts";

type Sums = { payments: number; chargedMinor: bigint; refundedMinor: bigint; refundPendingMinor: bigint };

/** Per currency: what was taken from buyers, and what went back to them. Sums are texts: they may pass what JSON counts. */
export function totalsOf({ list }: Shelf) {
  const sums = new Map<string, Sums>();
  for (const payment of list) if (payment.status === "succeeded") add(sums, payment);
  return [...sums].map(([currency, { payments, chargedMinor, refundedMinor, refundPendingMinor }]) => ({
    currency,
    payments,
    chargedMinor: chargedMinor.toString(),
    refundedMinor: refundedMinor.toString(),
    refundPendingMinor: refundPendingMinor.toString(),
  }));
}

function add(sums: Map<string, Sums>, payment: Payment): void {
  const { amountMinor, currency } = chargeOf(payment);
  const sum = sums.get(currency) ?? {
    payments: 0,
    chargedMinor: 0n,
    refundedMinor: 0n,
    refundPendingMinor: 0n,
  };
  sum.payments += 1;
  sum.chargedMinor += BigInt(amountMinor);
  sum.refundedMinor += BigInt(payment.refundedMinor);
  sum.refundPendingMinor += BigInt(payment.refundPendingMinor);
  sums.set(currency, sum);
}
