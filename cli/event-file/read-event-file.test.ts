import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { lineOf } from "./problem.ts";
import { readEventFile } from "./read-event-file.ts";

const nowMs = Date.parse("2026-11-22T00:00:00Z");
const example = readFileSync(new URL("../../examples/first-event.json", import.meta.url), "utf8");

type Json = Record<string, unknown>;
type Draft = Json & { sections: (Json & { rows: Json[]; offers: Json[] })[]; sales: Json };

/** The example, changed; as a file would hold it. */
function changed(change: (draft: Draft) => void): unknown {
  const draft = JSON.parse(example) as Draft;
  change(draft);
  return JSON.parse(JSON.stringify(draft));
}
const floor = (draft: Draft) => draft.sections[1] as Draft["sections"][number];
const offerOf = (draft: Draft) => floor(draft).offers[0] as Json;
const rowsOf = (draft: Draft) => draft.sections[0]?.rows as Json[];

test("the example has nothing wrong, and each price is as the file has it", () => {
  const read = readEventFile(JSON.parse(example), nowMs);
  if (!("event" in read)) throw new Error(read.problems.map(lineOf).join("\n"));
  const faces = read.event.sections.flatMap(({ offers }) => offers.map(({ faceMinor }) => faceMinor));
  expect(faces).toEqual([5_500n, 3_900n, 2_900n]);
});

test("an offer may have its own sales and charges; the room opens with the first sale, its lobby before", () => {
  const read = readEventFile(
    changed((draft) => {
      draft.sales = { from: "2027-03-01T10:00:00Z" };
      Object.assign(offerOf(draft), { charges: [], sales: { from: "2027-02-01T10:00:00Z" } });
    }),
    nowMs,
  );
  if (!("event" in read)) throw new Error(read.problems.map(lineOf).join("\n"));
  const { sections, room, startsAtMs } = read.event;
  expect(sections[1]?.offers[0]).toMatchObject({ charges: [], salesUntilMs: startsAtMs });
  expect(sections[0]?.offers[0]).toMatchObject({ salesFromMs: Date.parse("2027-03-01T10:00:00Z") });
  expect(room).toMatchObject({
    lobbyAtMs: Date.parse("2027-02-01T09:45:00Z"),
    opensAtMs: Date.parse("2027-02-01T10:00:00Z"),
  });
});

test("a row of nothing but gaps is a way through, and left and right sides may share a label", () => {
  const way = { label: "-", seats: "_____" };
  const sides = [
    { label: "A", seats: "ooo", names: { first: 1, step: 2 } },
    { label: "A", seats: "ooo", names: { first: 2, step: 2 }, category: "Back" },
  ];
  const file = changed((draft) => Object.assign(draft.sections[0] ?? {}, { rows: [...sides, way] }));
  expect(readEventFile(file, nowMs)).toHaveProperty("event");
});

describe("what is wrong is said with its path, all of it:", () => {
  test.each<[string, (draft: Draft) => void, readonly string[]]>([
    [
      "keys that nobody knows",
      (draft) => Object.assign(draft, { colour: "red" }) && Object.assign(offerOf(draft), { prise: "1" }),
      ["colour: is not known", "sections[1].offers[0].prise: is not known"],
    ],
    [
      "what is missing or of another kind",
      (draft) => Object.assign(draft, { venue: undefined, startsAt: "tomorrow", currency: "EURO" }),
      ["venue: is missing", "startsAt: must be a time with `Z` or an offset", "currency: must be a curr"],
    ],
    [
      "two sections of one name",
      (draft) => Object.assign(floor(draft), { name: "Stalls" }),
      ["sections[1].name: is there twice"],
    ],
    [
      "a price of 0",
      (draft) => Object.assign(offerOf(draft), { face: "0.00" }),
      ["sections[1].offers[0].face: no price can be made of it: a face price of 0"],
    ],
    [
      "more decimals than the currency has",
      (draft) => Object.assign(draft, { currency: "JPY" }),
      [
        'charges[0].fixed: "2.50" is no amount of JPY: write it without decimals',
        "sections[1].offers[0].face",
      ],
    ],
    [
      "a price as a number",
      (draft) => Object.assign(offerOf(draft), { face: 29 }),
      ['sections[1].offers[0].face: must be a text, such as "45.00"'],
    ],
    [
      "sales that end before they begin, and a sale that is over",
      (draft) => {
        draft.sales = { from: "2036-06-01T00:00:00Z", until: "2035-06-01T00:00:00Z" };
        Object.assign(offerOf(draft), { sales: { until: "2020-06-01T00:00:00Z" } });
      },
      ["sales.from: must be before the sale ends", "sections[1].offers[0].sales.until: is past"],
    ],
    [
      "more seats than a section may have",
      (draft) => Object.assign(floor(draft), { capacity: 60_001 }),
      ["sections[1]: section Floor has 60001 seats; 1 to 60000 work"],
    ],
    [
      "rows that cannot be drawn",
      (draft) => {
        Object.assign(rowsOf(draft)[0] as Json, { seats: "ooZoo" });
        Object.assign(rowsOf(draft)[1] as Json, { category: "Nobody's" });
        Object.assign(rowsOf(draft)[2] as Json, { names: ["1", "2"] });
      },
      [
        "sections[0].rows[0]: row A of section Stalls is drawn with unknown letters",
        "sections[0].rows[1]: section Stalls has no offer of the category Nobody's",
        "sections[0].rows[2].names: has 2 names for 12 seats",
      ],
    ],
    [
      "two seats that are printed alike, and an offer that sells nothing",
      (draft) => {
        Object.assign(rowsOf(draft)[1] as Json, { label: "A" });
        draft.sections[0]?.offers.push({ category: "Nowhere", face: "1.00" });
      },
      ["sections[0].rows[1]: is printed as row A, seat 1,", "sections[0].offers[2]: sells no row"],
    ],
    [
      "a room that makes no sense",
      (draft) => (draft["room"] = { turnWindowSeconds: 900, passSeconds: 60 }),
      ["room.turnWindowSeconds: must not be longer than the pass"],
    ],
    [
      "pools that are opened by one code",
      (draft) => (draft["pools"] = ["A", "B"].map((letter) => ({ letter, name: "house", code: "the same" }))),
      ["pools[1].code: opens another pool already"],
    ],
    [
      "an event that is over",
      (draft) => Object.assign(draft, { startsAt: "2020-06-01T20:00:00Z", sales: {} }),
      ["startsAt: is past: choose a later time"],
    ],
  ])("%s", (_, change, lines) => {
    const read = readEventFile(changed(change), nowMs);
    if (!("problems" in read)) throw new Error("nothing was wrong");
    const told = read.problems.map(lineOf);
    for (const line of lines)
      expect(
        told.filter((one) => one.startsWith(line)),
        told.join("\n"),
      ).toHaveLength(1);
  });
});
