import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { divideRounded, shareOf, shareWithin, splitOver } from "./money-shares.ts";

const amounts = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
const weights = fc
  .array(fc.bigInt({ min: 0n, max: 10n ** 6n }), { minLength: 1, maxLength: 20 })
  .filter((some) => some.some((weight) => weight > 0n));
const basisPoints = fc.integer({ min: 0, max: 10_000 });

const sumOf = (parts: readonly bigint[]) => parts.reduce((sum, part) => sum + part, 0n);
const sizeOf = (value: bigint) => (value < 0n ? -value : value);

describe("rounding", () => {
  test.each([
    [3n, 2n, 2n],
    [-3n, 2n, -2n],
    [5n, 2n, 3n],
    [4n, 3n, 1n],
    [5n, 3n, 2n],
    [-4n, 3n, -1n],
    [0n, 7n, 0n],
  ])("%d ÷ %d is %d", (dividend, divisor, rounded) => {
    expect(divideRounded(dividend, divisor)).toBe(rounded);
  });

  test("is never off by more than half a unit, and the middle goes away from zero", () => {
    fc.assert(
      fc.property(amounts, fc.bigInt({ min: 1n, max: 10n ** 9n }), (dividend, divisor) => {
        const rounded = divideRounded(dividend, divisor);
        const off = sizeOf(rounded * divisor - dividend);
        expect(2n * off <= divisor).toBe(true);
        if (2n * off === divisor) expect(sizeOf(rounded * divisor) > sizeOf(dividend)).toBe(true);
        expect(divideRounded(-dividend, divisor)).toBe(-rounded);
      }),
    );
  });

  test("nothing is divided by nothing, or by less", () => {
    expect(() => divideRounded(1n, 0n)).toThrow("divided by 0");
    expect(() => divideRounded(1n, -1n)).toThrow("divided by -1");
  });
});

describe("a share", () => {
  test.each([
    [4_500n, 750, 338n],
    [-4_500n, 750, -338n],
    [1n, 4_999, 0n],
    [1n, 5_000, 1n],
    [100n, 10_000, 100n],
    [100n, 0, 0n],
  ])("of %d with %i basis points is %d", (amountMinor, points, share) => {
    expect(shareOf(amountMinor, points)).toBe(share);
  });

  test.each([
    [119n, 1_900, 19n],
    [10_700n, 700, 700n],
    [4_500n, 1_900, 718n],
    [1n, 1_900, 0n],
    [2n, 10_000, 1n],
    [1n, 10_000, 1n],
  ])("within %d, added with %i basis points, is %d", (amountMinor, points, share) => {
    expect(shareWithin(amountMinor, points)).toBe(share);
  });

  test("is never more than the whole, never less with more points, and zero of nothing", () => {
    fc.assert(
      fc.property(amounts, basisPoints, basisPoints, (amountMinor, one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        expect(sizeOf(shareOf(amountMinor, less)) <= sizeOf(shareOf(amountMinor, more))).toBe(true);
        expect(sizeOf(shareOf(amountMinor, more)) <= sizeOf(amountMinor)).toBe(true);
        expect(sizeOf(shareWithin(amountMinor, one)) <= sizeOf(shareOf(amountMinor, one))).toBe(true);
        expect(shareOf(amountMinor, 0)).toBe(0n);
      }),
    );
  });

  test("what is added to an amount is found within the sum again", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), basisPoints, (netMinor, points) => {
        const added = shareOf(netMinor, points);
        expect(sizeOf(shareWithin(netMinor + added, points) - added) <= 1n).toBe(true);
      }),
    );
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53])("of %d basis points does not exist", (points) => {
    expect(() => shareOf(1n, points)).toThrow("no basis points");
    expect(() => shareWithin(1n, points)).toThrow("no basis points");
  });
});

describe("a split", () => {
  test.each([
    [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
    [-100n, [1n, 1n, 1n], [-34n, -33n, -33n]],
    [2n, [1n, 3n], [0n, 2n]],
    [2n, [3n, 1n], [2n, 0n]],
    [10n, [0n, 5n, 0n], [0n, 10n, 0n]],
    [0n, [1n, 2n], [0n, 0n]],
  ])("of %d over %s is %s", (amountMinor, over, parts) => {
    expect(splitOver(amountMinor, over)).toEqual(parts);
  });

  test("loses nothing and makes nothing", () => {
    fc.assert(
      fc.property(amounts, weights, (amountMinor, over) => {
        expect(sumOf(splitOver(amountMinor, over))).toBe(amountMinor);
      }),
    );
  });

  test("gives each less than a minor unit more or less than its exact share, and nothing for no weight", () => {
    fc.assert(
      fc.property(amounts, weights, (amountMinor, over) => {
        const sum = sumOf(over);
        for (const [index, part] of splitOver(amountMinor, over).entries()) {
          const weight = over[index] ?? 0n;
          expect(sizeOf(part * sum - amountMinor * weight) < sum).toBe(true);
          if (weight === 0n) expect(part).toBe(0n);
        }
      }),
    );
  });

  test("gives a weight the same wherever it stands, and a heavier one never less", () => {
    const small = fc.array(fc.bigInt({ min: 0n, max: 6n }), { minLength: 1, maxLength: 8 });
    const shuffled = small
      .filter((some) => some.some((weight) => weight > 0n))
      .chain((over) => fc.tuple(fc.constant(over), fc.shuffledSubarray(over, { minLength: over.length })));
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 50n }), shuffled, (amountMinor, [over, another]) => {
        const byWeight = (some: readonly bigint[]) => {
          const parts = splitOver(amountMinor, some).map((part, index) => [some[index], part] as const);
          return parts.map(([weight, part]) => `${weight}:${String(part).padStart(2, "0")}`).toSorted();
        };
        expect(byWeight(another)).toEqual(byWeight(over));
        const parts = byWeight(over).map((pair) => Number(pair.split(":")[1]));
        expect(parts).toEqual(parts.toSorted((one, other) => one - other));
      }),
    );
  });

  test("over nothing, or over less, is refused", () => {
    expect(() => splitOver(1n, [])).toThrow("all zero");
    expect(() => splitOver(1n, [0n])).toThrow("all zero");
    expect(() => splitOver(1n, [2n, -1n])).toThrow("a weight of -1");
  });
});
