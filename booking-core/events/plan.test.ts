import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { houseClass, type SeatClass, seatClasses } from "../seats/seat-bytes.ts";
import { blockOf, nameOf, readLayout, seatLabel, storeLayout } from "./layout.ts";
import { compileSection, type PlannedRow, type SeatedPlan } from "./plan.ts";

const categories = ["gold", "silver"];

const row: fc.Arbitrary<Omit<PlannedRow, "label">> = fc.record(
  {
    seats: fc.oneof(
      fc.integer({ min: 1, max: 30 }),
      fc.string({ unit: fc.constantFrom(..."ooovacxAT_"), minLength: 1, maxLength: 30 }),
    ),
    category: fc.constantFrom(...categories),
    rank: fc.integer({ min: 0, max: 255 }),
    centre: fc.double({ min: 0, max: 30, noNaN: true }),
    names: fc.record({ first: fc.integer({ min: 1, max: 99 }), step: fc.constantFrom(1, 2, -1) }),
  },
  { requiredKeys: ["seats"] },
);

const plan: fc.Arbitrary<SeatedPlan> = fc
  .array(row, { minLength: 1, maxLength: 12 })
  .map((rows) => ({
    name: "drawn",
    kind: "seated" as const,
    rows: rows.map((one, index) => ({ label: `R${index + 1}`, ...one })),
  }))
  .filter(({ rows }) => rows.some(({ seats }) => lettersOf(seats).replaceAll("_", "") !== ""));

const lettersOf = (seats: number | string) => (typeof seats === "number" ? "o".repeat(seats) : seats);

/** Each seat as it is drawn: where it stands, and its letter. */
function drawnSeats({ rows }: SeatedPlan) {
  return rows.flatMap(({ seats }, index) =>
    [...lettersOf(seats)].flatMap((letter, column) =>
      letter === "_" ? [] : [{ row: index, column, letter }],
    ),
  );
}

/** Where each seat number stands. */
function placesOf({ layout, capacity }: ReturnType<typeof compileSection>) {
  return Array.from({ length: capacity }, (_, seat) => {
    const block = blockOf(layout.blocks, seat);
    return { seat, block, row: block.row, column: block.column + seat - block.first };
  });
}

const classes: Record<string, SeatClass> = {
  o: seatClasses.ordinary,
  v: seatClasses.ordinary,
  a: seatClasses.accessible,
  c: seatClasses.companion,
  x: seatClasses.blocked,
  A: houseClass(0),
  T: houseClass(19),
};

describe("a section that is drawn", () => {
  test("numbers every seat once, and gaps never", () => {
    fc.assert(
      fc.property(plan, (planned) => {
        const compiled = compileSection(planned, categories);
        const key = (at: { row: number; column: number }) => `${at.row} ${at.column}`;
        const numbered = placesOf(compiled).map(key);
        expect(new Set(numbered).size).toBe(compiled.capacity);
        expect(numbered.toSorted()).toEqual(drawnSeats(planned).map(key).toSorted());
      }),
    );
  });

  test("has blocks of seats beside each other, of one view and one offer", () => {
    fc.assert(
      fc.property(plan, (planned) => {
        const compiled = compileSection(planned, categories);
        for (const { block, row: at, column } of placesOf(compiled)) {
          const { seats, category = "gold" } = planned.rows[at] as PlannedRow;
          const segment = compiled.layout.segments[block.segment];
          expect(lettersOf(seats)[column] === "v").toBe(segment?.restrictedView);
          expect(categories[segment?.offer ?? -1]).toBe(category);
        }
      }),
    );
  });

  test("has its blocks by segment and rank, and segments that cover them one after the other", () => {
    fc.assert(
      fc.property(plan, (planned) => {
        const { layout, capacity } = compileSection(planned, categories);
        let [firstBlock, first] = [0, 0];
        for (const [index, segment] of layout.segments.entries()) {
          expect(segment.firstBlock).toBe(firstBlock);
          const blocks = layout.blocks.slice(firstBlock, firstBlock + segment.blocks);
          expect(blocks.every((block) => block.segment === index)).toBe(true);
          expect(blocks.map(({ rank }) => rank)).toEqual(
            blocks.map(({ rank }) => rank).toSorted((a, b) => a - b),
          );
          firstBlock += segment.blocks;
        }
        for (const block of layout.blocks) {
          expect(block.first).toBe(first);
          expect(block.centre).toBeGreaterThanOrEqual(0);
          expect(block.centre).toBeLessThan(block.seats);
          first += block.seats;
        }
        expect([firstBlock, first]).toEqual([layout.blocks.length, capacity]);
      }),
    );
  });

  test("marks each seat as its letter says", () => {
    fc.assert(
      fc.property(plan, (planned) => {
        const compiled = compileSection(planned, categories);
        const marks = new Map(compiled.marks);
        for (const { seat, row: at, column } of placesOf(compiled)) {
          const letter = lettersOf((planned.rows[at] as PlannedRow).seats)[column] ?? "";
          expect([letter, marks.get(seat) ?? seatClasses.ordinary]).toEqual([letter, classes[letter]]);
        }
      }),
    );
  });

  test("prints each seat by its place among the seats of its row", () => {
    fc.assert(
      fc.property(plan, (planned) => {
        const compiled = compileSection(planned, categories);
        for (const { seat, row: at, column } of placesOf(compiled)) {
          const { label, seats, names = { first: 1, step: 1 } } = planned.rows[at] as PlannedRow;
          const before = lettersOf(seats).slice(0, column).replaceAll("_", "").length;
          const printed = "first" in names ? names.first + before * names.step : names[before];
          expect(seatLabel(compiled.layout, seat)).toEqual({ row: label, seat: String(printed) });
        }
      }),
    );
  });

  test("is the same after Postgres has kept it", () => {
    fc.assert(
      fc.property(plan, (planned) => {
        const { layout } = compileSection(planned, categories);
        expect(readLayout(JSON.parse(JSON.stringify(storeLayout(layout))))).toEqual(layout);
      }),
    );
  });
});

const seated = (...rows: (Omit<PlannedRow, "label"> & { label?: string })[]): SeatedPlan => ({
  name: "Hall",
  kind: "seated",
  rows: rows.map((one, index) => ({ label: String(index + 1), ...one })),
});

test("seats may be printed by names of their own, counted through gaps", () => {
  const { layout } = compileSection(seated({ label: "Box", seats: "oo_o", names: ["1", "1a", "2"] }), [
    "all",
  ]);
  expect([0, 1, 2].map((seat) => seatLabel(layout, seat).seat)).toEqual(["1", "1a", "2"]);
  expect(nameOf(layout.blocks[1] ?? { names: [] }, 0)).toBe("2");
});

test("the best seat is the middle of the row, or where the plan says, also across an aisle", () => {
  const centres = (row: Omit<PlannedRow, "label">) =>
    compileSection(seated(row), ["all"]).layout.blocks.map(({ centre }) => centre);
  expect(centres({ seats: 7 })).toEqual([3]);
  expect(centres({ seats: "oooo_oooo" })).toEqual([3, 0]);
  expect(centres({ seats: "oooo_oooo", centre: 7 })).toEqual([3, 2]);
});

test("four rows after each other are as good as each other, unless the plan says", () => {
  const rows = Array.from({ length: 9 }, () => ({ seats: 2 }));
  const { layout } = compileSection(seated(...rows, { seats: 2, rank: 0 }), ["all"]);
  expect(layout.blocks.map(({ rank }) => rank)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 2]);
  expect(layout.blocks.map(({ row: at }) => at)).toEqual([0, 1, 2, 3, 9, 4, 5, 6, 7, 8]);
});

test.each([
  ["unknown letters", seated({ seats: "ooz" }), ["all"], "unknown letters"],
  ["a row of no offer", seated({ seats: 2, category: "none" }), ["all"], "no offer of the category none"],
  ["no seats", seated({ seats: "__" }), ["all"], "0 seats"],
  ["too long a row", seated({ seats: 251 }), ["all"], "251 seats beside each other"],
  ["too many seats", seated(...Array.from({ length: 241 }, () => ({ seats: 250 }))), ["all"], "60250 seats"],
  [
    "too many blocks",
    seated(...Array.from({ length: 41 }, () => ({ seats: "o_".repeat(100) }))),
    ["all"],
    "4000 blocks",
  ],
  [
    "two offers of standing places",
    { name: "Floor", kind: "standing", capacity: 5 } as const,
    ["a", "b"],
    "2 offers",
  ],
  ["no standing places", { name: "Floor", kind: "standing", capacity: 0 } as const, ["a"], "0 seats"],
] as const)("a plan with %s is refused", (_, planned, offered, message) => {
  expect(() => compileSection(planned, offered)).toThrow(message);
});
