import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allBack, decideRefund, type MoneyLeft, type PaidSeat, type RefundTerms } from "./decide-refund.ts";

const amount = (max: bigint) => fc.bigInt({ min: 0n, max });
const part = fc.oneof(amount(3n), amount(10n ** 6n), amount(10n ** 15n));
const paidSeats = fc
  .array(fc.record({ netMinor: part, feeMinor: part, taxMinor: part }), { minLength: 1, maxLength: 8 })
  .map((seats) => seats.map((seat, position): PaidSeat => ({ position, ...seat })));
const anyTerms = fc.record({ shareBasisPoints: fc.integer({ min: 0, max: 10_000 }), feesToo: fc.boolean() });
const target = fc.constantFrom("provider" as const, "wallet" as const);

const paidFor = (seats: readonly PaidSeat[]) =>
  seats.reduce((sum, { netMinor, feeMinor, taxMinor }) => sum + netMinor + feeMinor + taxMinor, 0n);

/** Paid in any mixture of the provider and the wallet. */
const purchases = fc
  .tuple(paidSeats, fc.integer({ min: 0, max: 100 }))
  .map(([seats, percent]): { seats: PaidSeat[]; left: MoneyLeft } => {
    const walletMinor = (paidFor(seats) * BigInt(percent)) / 100n;
    return { seats, left: { providerMinor: paidFor(seats) - walletMinor, walletMinor, stepMinor: 1n } };
  });

const half: RefundTerms = { shareBasisPoints: 5_000, feesToo: true };
const oneSeat = (netMinor: bigint, feeMinor: bigint, taxMinor: bigint): PaidSeat[] => [
  { position: 0, netMinor, feeMinor, taxMinor },
];

describe("what goes back", () => {
  test("is rounded once for a seat, and not once for each of its parts", () => {
    const left = { providerMinor: 2n, walletMinor: 0n, stepMinor: 1n };
    expect(decideRefund(oneSeat(1n, 0n, 1n), half, left, "provider").amountMinor).toBe(1n);
  });

  test("of everything is everything, to whom it came from", () => {
    fc.assert(
      fc.property(purchases, ({ seats, left }) => {
        const back = decideRefund(seats, allBack, left, "provider");
        expect([back.amountMinor, back.walletMinor]).toEqual([left.providerMinor, left.walletMinor]);
      }),
    );
  });

  test("is the sum of its parts, neither lost nor made, and never more than what each of them got", () => {
    fc.assert(
      fc.property(purchases, anyTerms, target, ({ seats, left }, terms, to) => {
        for (const seat of seats) {
          const { netMinor, feeMinor, taxMinor, ...back } = decideRefund([seat], terms, left, to);
          expect(back.amountMinor + back.walletMinor).toBe(netMinor + feeMinor + taxMinor);
          expect(netMinor <= seat.netMinor && taxMinor <= seat.taxMinor).toBe(true);
          expect(feeMinor <= (terms.feesToo ? seat.feeMinor : 0n)).toBe(true);
        }
      }),
    );
  });

  test("is the same seat by seat as at once, and ends with no more than was paid each way", () => {
    fc.assert(
      fc.property(
        purchases,
        anyTerms,
        fc.array(target, { minLength: 8, maxLength: 8 }),
        (bought, terms, ways) => {
          const { seats, left } = bought;
          const atOnce = decideRefund(seats, terms, left, "provider");
          const still = { ...left };
          let sum = 0n;
          for (const [index, seat] of seats.entries()) {
            const { amountMinor, walletMinor } = decideRefund(
              [seat],
              terms,
              still,
              ways[index] ?? "provider",
            );
            sum += amountMinor + walletMinor;
            still.providerMinor -= amountMinor;
            const all = still.providerMinor + still.walletMinor - walletMinor;
            still.providerMinor = still.providerMinor < all ? still.providerMinor : all;
            still.walletMinor = all - still.providerMinor;
            expect(still.providerMinor >= 0n && still.walletMinor >= 0n).toBe(true);
          }
          expect(sum).toBe(atOnce.amountMinor + atOnce.walletMinor);
        },
      ),
    );
  });

  test("goes through the provider as far as it can give it back, and the rest into the wallet", () => {
    const left = { providerMinor: 2_510n, walletMinor: 0n, stepMinor: 10n };
    const back = decideRefund(oneSeat(1_000n, 200n, 55n), allBack, left, "provider");
    expect([back.amountMinor, back.walletMinor]).toEqual([1_250n, 5n]);
    fc.assert(
      fc.property(
        purchases,
        anyTerms,
        fc.constantFrom(1n, 10n, 100n),
        ({ seats, left }, terms, stepMinor) => {
          const plain = decideRefund(seats, terms, left, "provider");
          const { amountMinor, walletMinor } = decideRefund(seats, terms, { ...left, stepMinor }, "provider");
          expect(amountMinor % stepMinor).toBe(0n);
          expect(plain.amountMinor - amountMinor).toBe(walletMinor - plain.walletMinor);
          expect(plain.amountMinor - amountMinor).toBeLessThan(stepMinor);
        },
      ),
    );
  });

  test("is never more than is left: that is a bug and no refund", () => {
    const left = { providerMinor: 5n, walletMinor: 4n, stepMinor: 1n };
    expect(() => decideRefund(oneSeat(10n, 0n, 0n), allBack, left, "provider")).toThrow("10 are to go back");
  });
});
