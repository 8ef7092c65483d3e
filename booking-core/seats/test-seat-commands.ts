import fc from "fast-check";
import type { Wish } from "./claim.ts";
import type { LoadableSection } from "./loadable-section.ts";
import { seatedSection, standingSection } from "./test-section.ts";

/** Bookings go by small numbers: collisions are the point. */
export type SeatCommand =
  | { readonly kind: "claims"; readonly claims: readonly WantedClaim[] }
  | { readonly kind: "commit" | "release" | "confirm"; readonly booking: number }
  | { readonly kind: "undo"; readonly booking: number; readonly isLate: boolean }
  | { readonly kind: "leave"; readonly booking: number; readonly before: number }
  | {
      readonly kind: "shrink";
      readonly booking: number;
      readonly seats: readonly number[];
      readonly left: number;
    }
  | { readonly kind: "mark"; readonly marks: LoadableSection["marks"] }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "expire" | "read" | "load" | "readAndLoad" | "forget" };

export type WantedClaim = {
  readonly booking: number;
  readonly hash: string;
  readonly wish: Wish;
  readonly paymentMs: number;
};

export const bookings = 24;
const seat = fc.oneof({ weight: 8, arbitrary: fc.nat(11) }, { weight: 1, arbitrary: fc.nat(60) });
const booking = fc.integer({ min: 0, max: bookings - 1 });
const seats = fc.uniqueArray(seat, { minLength: 1, maxLength: 5 });
const seatClass = fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 14);

const withLeast = fc
  .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }))
  .map(([quantity, least]) => ({ quantity, least: Math.min(quantity, least) }));
const best = fc
  .tuple(withLeast, fc.shuffledSubarray([0, 1, 2], { minLength: 1 }), fc.nat(3))
  .map(([counts, segments, cut]): Wish => {
    const categories = [segments.slice(0, cut), segments.slice(cut)].filter(({ length }) => length > 0);
    return { mode: "best-available", ...counts, segments: categories };
  });
const manual = fc
  .record({
    first: seat,
    count: fc.integer({ min: 1, max: 4 }),
    seats,
    isRun: fc.boolean(),
    any: fc.boolean(),
    allowsSingles: fc.boolean(),
  })
  .map(({ first, count, seats, isRun, any, allowsSingles }): Wish => {
    const seatNumbers = isRun ? Array.from({ length: count }, (_, index) => first + index) : seats;
    return { mode: "manual", seatNumbers, least: any ? 1 : seatNumbers.length, allowsSingles };
  });
const groups = fc
  .array(fc.uniqueArray(seat, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .map((groups): Wish => ({ mode: "groups", groups }));
const among = fc
  .record({
    counts: withLeast,
    seatClass,
    first: seat,
    count: fc.integer({ min: 0, max: 12 }),
    gap: fc.nat(3),
    more: fc.nat(9),
  })
  .map(({ counts, seatClass, first, count, gap, more }): Wish => {
    const runs = [[first, count] as const, [first + count + gap, more] as const];
    return { mode: "among", ...counts, class: seatClass, runs };
  });

const wish = fc.oneof(
  { weight: 6, arbitrary: best },
  { weight: 4, arbitrary: manual },
  { weight: 1, arbitrary: groups },
  { weight: 1, arbitrary: among },
);
const claim = fc.record({
  booking,
  hash: fc.constantFrom("a", "a", "a", "a", "b"),
  wish,
  paymentMs: fc.constantFrom(10_000, 60_000, 600_000),
});
const marks = fc.uniqueArray(fc.tuple(seat, seatClass), {
  minLength: 1,
  maxLength: 6,
  selector: ([number]) => number,
});

const command: fc.Arbitrary<SeatCommand> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant("claims" as const),
      claims: fc.array(claim, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom("commit" as const, "commit" as const, "release" as const, "confirm" as const),
      booking,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("undo" as const),
      booking,
      isLate: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("leave" as const), booking, before: fc.nat(2) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("shrink" as const),
      booking,
      seats: fc.uniqueArray(fc.nat(4), { maxLength: 4 }),
      left: fc.nat(4),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("mark" as const), marks }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      ms: fc.constantFrom(1, 5_000, 10_000, 30_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("expire" as const, "read" as const, "load" as const, "readAndLoad" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("forget" as const, "read" as const, "load" as const, "read" as const),
    }),
  },
);

export const leastOfRun = 40;
export const seatCommands = fc.array(command, { minLength: leastOfRun, maxLength: 70 });

const block = fc.record({
  seats: fc.integer({ min: 1, max: 9 }),
  segment: fc.nat(2),
  rank: fc.nat(1),
  centre: fc.nat(8),
});

/** Small ones, and ones of so many blocks that they lie in several groups. */
export const seatSections: fc.Arbitrary<LoadableSection> = fc.oneof(
  { weight: 5, arbitrary: fc.array(block, { minLength: 1, maxLength: 8 }).map(sectionOf) },
  { weight: 2, arbitrary: fc.array(block, { minLength: 30, maxLength: 70 }).map(sectionOf) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }).map(standingSection) },
);

type Block = LoadableSection["blocks"][number];

function sectionOf(blocks: readonly Block[]): LoadableSection {
  const order = [...new Set(blocks.map(({ segment }) => segment))].toSorted((left, right) => left - right);
  const placed = blocks.map((described) => ({
    ...described,
    segment: order.indexOf(described.segment),
    centre: Math.min(described.centre, described.seats - 1),
  }));
  return seatedSection(
    placed.toSorted((left, right) => left.segment - right.segment || left.rank - right.rank),
  );
}
