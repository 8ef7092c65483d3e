/**
 * What is said to buyers of a price: that a part of it is the house's (fee) or the state's (tax). It is a part of the
 * face price where it is included, and comes on top of it otherwise.
 */
export type Charge = ChargeNames & ({ readonly fixedMinor: bigint } | { readonly basisPoints: number });

type ChargeNames = { readonly name: string; readonly kind: "fee" | "tax"; readonly included: boolean };

/** A charge with what it comes to for one seat. */
export type PriceLine = Charge & { readonly amountMinor: bigint };

/** As the column `offers.charges` has them: JSON does not know bigints, so amounts are text. */
export type StoredLine = ChargeNames & { readonly amountMinor: string } & (
    | { readonly fixedMinor: string }
    | { readonly basisPoints: number }
  );

export function storeLine(line: PriceLine): StoredLine {
  const { name, kind, included, amountMinor } = line;
  const stored = { name, kind, included, amountMinor: String(amountMinor) };
  return "fixedMinor" in line
    ? { ...stored, fixedMinor: String(line.fixedMinor) }
    : { ...stored, basisPoints: line.basisPoints };
}

export function readLine(line: StoredLine): PriceLine {
  const { name, kind, included, amountMinor } = line;
  const read = { name, kind, included, amountMinor: BigInt(amountMinor) };
  return "fixedMinor" in line
    ? { ...read, fixedMinor: BigInt(line.fixedMinor) }
    : { ...read, basisPoints: line.basisPoints };
}
