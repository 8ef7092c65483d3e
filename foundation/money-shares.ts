/**
 * The one rule of rounding: what falls between two minor units goes to the nearer one, and what lies in the middle
 * goes away from zero (1.5 becomes 2, -1.5 becomes -2). So a debt and the claim against it round to the same.
 */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  if (divisor <= 0n) throw new Error(`nothing is divided by ${divisor}`);
  const twice = 2n * absolute(dividend);
  const rounded = (twice + divisor) / (2n * divisor);
  return dividend < 0n ? -rounded : rounded;
}

/** All of it. */
export const wholeBasisPoints = 10_000;

/** A hundredth of a percent is a basis point: 750 of them are 7.5 %. */
export function shareOf(amountMinor: bigint, basisPoints: number): bigint {
  return divideRounded(amountMinor * wholeCount(basisPoints), BigInt(wholeBasisPoints));
}

/** The part of an amount that was added to the rest of it: of 119 with 1,900 basis points it is 19. */
export function shareWithin(amountMinor: bigint, basisPoints: number): bigint {
  const points = wholeCount(basisPoints);
  return divideRounded(amountMinor * points, BigInt(wholeBasisPoints) + points);
}

/**
 * Parts in proportion to the weights that together are the amount, to the last minor unit. Each gets its exact share
 * without the fraction; the units that are left go one each to the largest fractions, among equal ones to the heaviest
 * and then to the first. Which part a weight gets depends on no order but among equal weights.
 */
export function splitOver(amountMinor: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((total, weight) => total + countOf(weight), 0n);
  if (sum === 0n) throw new Error("nothing can be split over weights that are all zero");
  if (amountMinor < 0n) return splitOver(-amountMinor, weights).map((part) => -part);
  const shares = weights.map((weight, index) => {
    return { index, weight, part: (amountMinor * weight) / sum, left: (amountMinor * weight) % sum };
  });
  const missing = amountMinor - shares.reduce((total, { part }) => total + part, 0n);
  const favoured = shares.toSorted((one, other) => {
    return compare(other.left, one.left) || compare(other.weight, one.weight) || one.index - other.index;
  });
  const luckyOnes = new Set(favoured.slice(0, Number(missing)).map(({ index }) => index));
  return shares.map(({ index, part }) => (luckyOnes.has(index) ? part + 1n : part));
}

function wholeCount(basisPoints: number): bigint {
  if (!Number.isSafeInteger(basisPoints) || basisPoints < 0)
    throw new Error(`${basisPoints} are no basis points`);
  return BigInt(basisPoints);
}

function countOf(weight: bigint): bigint {
  if (weight < 0n) throw new Error(`a weight of ${weight}`);
  return weight;
}

const absolute = (value: bigint) => (value < 0n ? -value : value);
const compare = (one: bigint, other: bigint) => (one < other ? -1 : one > other ? 1 : 0);
