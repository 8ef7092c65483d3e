import { limits } from "../../foundation/limits.ts";
import { shareOf, shareWithin, splitOver, wholeBasisPoints } from "../../foundation/money-shares.ts";
import type { Charge, PriceLine } from "./charge.ts";

/** Of one seat. What is left of the price after fees and taxes is the organiser's. */
export type Price = {
  readonly priceMinor: bigint;
  readonly feeMinor: bigint;
  readonly taxMinor: bigint;
  /** In the order of the charges. */
  readonly lines: readonly PriceLine[];
};

const { charges: mostCharges, mostMinor } = limits.price;

/** The rules stand in docs/prices.md. Throws where a price cannot be made of it. */
export function priceOf(faceMinor: bigint, charges: readonly Charge[]): Price {
  assertThat(faceMinor > 0n, `a face price of ${faceMinor}`);
  assertThat(charges.length <= mostCharges, `more than ${mostCharges} charges`);
  charges.forEach(assertCharge);
  const lines = linesOf(faceMinor, charges);
  const includedMinor = sumOf(lines.filter(({ included }) => included));
  assertThat(includedMinor <= faceMinor, `${includedMinor} included in a face price of ${faceMinor}`);
  const priceMinor = faceMinor + sumOf(lines) - includedMinor;
  assertThat(priceMinor <= mostMinor, `a price of ${priceMinor}`);
  const ofKind = (kind: Charge["kind"]) => sumOf(lines.filter((line) => line.kind === kind));
  return { priceMinor, feeMinor: ofKind("fee"), taxMinor: ofKind("tax"), lines };
}

/** The included taxes by percent are one sum that is rounded once, and of which each has its part. */
function linesOf(faceMinor: bigint, charges: readonly Charge[]): PriceLine[] {
  const rates = charges.map(rateWithin);
  const rate = rates.reduce((sum, one) => sum + one, 0);
  const taxes = rate === 0 ? [] : splitOver(shareWithin(faceMinor, rate), rates.map(BigInt));
  return charges.map((charge, index) => {
    const amountMinor = rates[index] === 0 ? amountOf(faceMinor, charge) : (taxes[index] ?? 0n);
    return { ...charge, amountMinor };
  });
}

/** In basis points of what the organiser asks for; 0 for everything but an included tax by percent. */
function rateWithin(charge: Charge): number {
  return charge.included && charge.kind === "tax" && "basisPoints" in charge ? charge.basisPoints : 0;
}

function amountOf(faceMinor: bigint, charge: Charge): bigint {
  return "fixedMinor" in charge ? charge.fixedMinor : shareOf(faceMinor, charge.basisPoints);
}

function assertCharge(charge: Charge): void {
  const { name } = charge;
  assertThat(/^\P{Cc}{1,100}$/u.test(name) && name.trim() !== "", `a charge named ${JSON.stringify(name)}`);
  if ("fixedMinor" in charge) {
    const { fixedMinor } = charge;
    assertThat(fixedMinor > 0n && fixedMinor <= mostMinor, `${name} is ${fixedMinor}`);
  } else {
    const { basisPoints: points } = charge;
    const isShare = Number.isInteger(points) && points > 0 && points <= wholeBasisPoints;
    assertThat(isShare, `${name} is ${points} basis points`);
  }
}

const sumOf = (lines: readonly PriceLine[]) => lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);

function assertThat(holds: boolean, found: string): void {
  if (!holds) throw new Error(`no price can be made of it: ${found}`);
}
