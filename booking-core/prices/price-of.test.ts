import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Charge, readLine, storeLine } from "./charge.ts";
import { type Price, priceOf } from "./price-of.ts";

const fee = (rule: { fixedMinor: bigint } | { basisPoints: number }, included = false): Charge => {
  return { name: "service", kind: "fee", included, ...rule };
};
const tax = (rule: { fixedMinor: bigint } | { basisPoints: number }, included = true): Charge => {
  return { name: "VAT", kind: "tax", included, ...rule };
};
const amountsOf = ({ lines }: Price) => lines.map(({ amountMinor }) => amountMinor);

test.each<[string, bigint, Charge[], Omit<Price, "lines">]>([
  ["nothing", 4_500n, [], { priceMinor: 4_500n, feeMinor: 0n, taxMinor: 0n }],
  [
    "a fixed fee on top",
    4_500n,
    [fee({ fixedMinor: 250n })],
    { priceMinor: 4_750n, feeMinor: 250n, taxMinor: 0n },
  ],
  [
    "a fee by percent on top, of which half a cent goes up",
    4_510n,
    [fee({ basisPoints: 750 })],
    { priceMinor: 4_848n, feeMinor: 338n, taxMinor: 0n },
  ],
  [
    "an included fee, which is a share of the face",
    4_500n,
    [fee({ basisPoints: 1_000 }, true)],
    { priceMinor: 4_500n, feeMinor: 450n, taxMinor: 0n },
  ],
  [
    "an included tax, which is within the face",
    11_900n,
    [tax({ basisPoints: 1_900 })],
    { priceMinor: 11_900n, feeMinor: 0n, taxMinor: 1_900n },
  ],
  [
    "a tax on top, which is a share of the face",
    10_000n,
    [tax({ basisPoints: 1_900 }, false)],
    { priceMinor: 11_900n, feeMinor: 0n, taxMinor: 1_900n },
  ],
  [
    "a fee on top, which has no part in an included tax",
    10_700n,
    [fee({ fixedMinor: 300n }), tax({ basisPoints: 700 })],
    { priceMinor: 11_000n, feeMinor: 300n, taxMinor: 700n },
  ],
  [
    "everything for the house",
    4_500n,
    [fee({ fixedMinor: 4_500n }, true)],
    { priceMinor: 4_500n, feeMinor: 4_500n, taxMinor: 0n },
  ],
])("with %s", (_, faceMinor, charges, expected) => {
  expect(priceOf(faceMinor, charges)).toMatchObject(expected);
});

test("two included taxes are taken out together, and rounded once", () => {
  // Of 115.00, 100.00 is without 5 % and 10 %; each by itself would be 5.48 and 10.45.
  const price = priceOf(11_500n, [tax({ basisPoints: 500 }), tax({ basisPoints: 1_000 })]);
  expect(amountsOf(price)).toEqual([500n, 1_000n]);
  // Of 1.01: 13.17, of which the parts alone would be 4.39 and 8.78.
  expect(amountsOf(priceOf(101n, [tax({ basisPoints: 500 }), tax({ basisPoints: 1_000 })]))).toEqual([
    4n,
    9n,
  ]);
});

test("the same charge twice is charged twice", () => {
  const charge = tax({ basisPoints: 1_000 });
  expect(priceOf(1_201n, [charge, charge])).toMatchObject({ taxMinor: 200n });
  expect(amountsOf(priceOf(1_201n, [charge, charge]))).toEqual([100n, 100n]);
});

describe("whatever the charges", () => {
  const rules = fc.oneof(
    fc.record({ fixedMinor: fc.bigInt({ min: 1n, max: 2_000n }) }),
    fc.record({ basisPoints: fc.integer({ min: 1, max: 10_000 }) }),
  );
  const charges = fc
    .tuple(fc.constantFrom("fee", "tax"), fc.boolean(), rules)
    .map(([kind, included, rule]): Charge => ({ name: "a charge", kind, included, ...rule }));
  const faces = fc.bigInt({ min: 1n, max: 10n ** 9n });

  /** Those of which a price can be made. */
  function ofPrices(check: (price: Price, faceMinor: bigint, charges: readonly Charge[]) => void): void {
    let made = 0;
    fc.assert(
      fc.property(faces, fc.array(charges, { maxLength: 8 }), (faceMinor, some) => {
        const price = priceIfAny(faceMinor, some);
        if (price === undefined) return;
        made += 1;
        check(price, faceMinor, some);
      }),
    );
    expect(made).toBeGreaterThan(20);
  }

  test("the price is the face and what comes on top, and its lines are its fees and taxes", () => {
    ofPrices((price, faceMinor) => {
      const sum = (lines: Price["lines"]) => lines.reduce((all, { amountMinor }) => all + amountMinor, 0n);
      expect(price.priceMinor).toBe(faceMinor + sum(price.lines.filter(({ included }) => !included)));
      expect(price.feeMinor + price.taxMinor).toBe(sum(price.lines));
      expect(price.feeMinor).toBe(sum(price.lines.filter(({ kind }) => kind === "fee")));
    });
  });

  test("nobody owes anything: no part is below zero, and the parts are never more than the price", () => {
    ofPrices((price) => {
      for (const amountMinor of amountsOf(price)) expect(amountMinor >= 0n).toBe(true);
      expect(price.feeMinor + price.taxMinor <= price.priceMinor).toBe(true);
    });
  });

  test("their order changes nothing", () => {
    ofPrices((price, faceMinor, some) => {
      const turned = priceOf(faceMinor, some.toReversed());
      expect({ ...turned, lines: [] }).toEqual({ ...price, lines: [] });
    });
  });

  test("an included tax is, but for half a unit, its rate of what is left without the included taxes", () => {
    fc.assert(
      fc.property(faces, fc.integer({ min: 1, max: 10_000 }), (faceMinor, basisPoints) => {
        const { taxMinor } = priceOf(faceMinor, [tax({ basisPoints })]);
        const off = taxMinor * 10_000n - (faceMinor - taxMinor) * BigInt(basisPoints);
        expect(2n * (off < 0n ? -off : off) <= 10_000n + BigInt(basisPoints)).toBe(true);
      }),
    );
  });

  test("they are stored and read without a loss", () => {
    ofPrices(({ lines }) => {
      const stored = JSON.parse(JSON.stringify(lines.map(storeLine))) as ReturnType<typeof storeLine>[];
      expect(stored.map(readLine)).toEqual(lines);
    });
  });
});

/** Undefined where more is included than there is. */
function priceIfAny(faceMinor: bigint, charges: readonly Charge[]): Price | undefined {
  try {
    return priceOf(faceMinor, charges);
  } catch (error) {
    if (error instanceof Error && error.message.includes("included in a face price")) return undefined;
    throw error;
  }
}

test.each<[string, bigint, Charge[]]>([
  ["a face price of 0", 0n, []],
  ["a face price of -1", -1n, []],
  ["501 included in a face price of 500", 500n, [fee({ fixedMinor: 501n }, true)]],
  ["more than 8 charges", 500n, Array.from({ length: 9 }, () => fee({ fixedMinor: 1n }))],
  ["service is 0", 500n, [fee({ fixedMinor: 0n })]],
  ["service is -5", 500n, [fee({ fixedMinor: -5n })]],
  ["0 basis points", 500n, [fee({ basisPoints: 0 })]],
  ["10001 basis points", 500n, [fee({ basisPoints: 10_001 })]],
  ["7.5 basis points", 500n, [fee({ basisPoints: 7.5 })]],
  ['named ""', 500n, [{ ...fee({ fixedMinor: 1n }), name: "" }]],
  ['named "a\\nb"', 500n, [{ ...fee({ fixedMinor: 1n }), name: "a\nb" }]],
  ["a price of 100000000000001", 100_000_000_000_000n, [fee({ fixedMinor: 1n })]],
])("no price is made of %s", (found, faceMinor, charges) => {
  expect(() => priceOf(faceMinor, charges)).toThrow(`no price can be made of it: `);
  expect(() => priceOf(faceMinor, charges)).toThrow(found);
});
