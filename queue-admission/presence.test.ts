import fc from "fast-check";
import { expect, test } from "vitest";
import { createPresence } from "./presence.ts";

const bounds = { window: 60, below: 3 };

/** What a report says of one lane, read back bit by bit, found as the scripts find it. */
function readLane(text: string, lane = 0) {
  const found = [...text.matchAll(/(\d+) (\d+) (\S*) ([\d,]*);/g)][lane] ?? [];
  const [, index, base, bits = "", below = ""] = found;
  const here: number[] = below === "" ? [] : below.split(",").map(Number);
  for (let at = 0; at < bits.length; at += 1)
    for (let bit = 0; bit < 6; bit += 1)
      if (((bits.charCodeAt(at) - 48) >> bit) & 1) here.push(Number(base) + 6 * at + bit + 1);
  return { lane: Number(index), base: Number(base), here };
}

const describeLane = (presence: ReturnType<typeof createPresence>, served: number, nowMs = 0) =>
  readLane(presence.describe([served], nowMs)).here;

test("a report names everybody who is here, near the front and below the watermark", () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 60 });
  fc.assert(
    fc.property(numbers, fc.integer({ min: 0, max: 3 }), (present, served) => {
      const presence = createPresence(bounds);
      for (const number of present) presence.enter(0, number);
      expect(describeLane(presence, served)).toEqual(present.toSorted((left, right) => left - right));
    }),
  );
});

test("a report covers the window behind the watermark and no more", () => {
  const presence = createPresence(bounds);
  for (const number of [10, 11, 70, 71]) presence.enter(0, number);
  expect(describeLane(presence, 10)).toEqual([10, 11, 70]);
});

test("below the watermark the lowest numbers are listed", () => {
  const presence = createPresence(bounds);
  for (const number of [9, 2, 7, 4]) presence.enter(0, number);
  expect(describeLane(presence, 10)).toEqual([2, 4, 7]);
});

test("lanes are told apart", () => {
  const presence = createPresence(bounds);
  presence.enter(0, 5);
  presence.enter(1, 6);
  const text = presence.describe([0, 2], 0);
  expect(readLane(text, 0)).toEqual({ lane: 0, base: 0, here: [5] });
  expect(readLane(text, 1)).toEqual({ lane: 1, base: 2, here: [6] });
});

test("a place is here while one of its connections is open, and for the grace after the last", () => {
  const presence = createPresence(bounds);
  presence.enter(0, 1);
  presence.enter(0, 1);
  presence.exit(0, 1, 100);
  expect(describeLane(presence, 0, 5_000)).toEqual([1]);
  presence.exit(0, 1, 6_000);
  expect(describeLane(presence, 0, 5_999)).toEqual([1]);
  expect(describeLane(presence, 0, 6_000)).toEqual([]);
  expect(presence.size()).toBe(0);
});

test("who asks is here until then, and never for less because of an earlier promise", () => {
  const presence = createPresence(bounds);
  presence.seen(0, 1, 500);
  presence.seen(0, 1, 400);
  expect(describeLane(presence, 0, 499)).toEqual([1]);
  expect(describeLane(presence, 0, 500)).toEqual([]);
});

test("an end that comes twice does not count against a connection that opens later", () => {
  const presence = createPresence(bounds);
  presence.enter(0, 1);
  presence.exit(0, 1, 100);
  presence.exit(0, 1, 100);
  presence.enter(0, 1);
  expect(describeLane(presence, 0, 1_000)).toEqual([1]);
});
