import { expect, test } from "vitest";
import { createLine } from "./line.ts";

const noText = () => "";
const lineOf = (...numbers: number[]) => createLine(numbers.map((number) => ({ number })));

test("a silence counts for those who are among the next thousand when it ends", () => {
  const line = lineOf(1, 1_010, 1_011, 5_000);
  line.reset(0);
  for (let socket = 0; socket < 4; socket += 1) line.heard(socket, 700, 0, noText);
  line.heard(0, 1_500, 10, noText);
  line.heard(1, 2_000, 10, noText);
  line.heard(2, 9_000, 10, noText);
  expect(line.of(1_600)).toMatchObject({ widestNearMs: 1_300, lateNearGaps: 1 });
});

test("a silence that goes on counts too; not that of who has the turn", () => {
  const line = lineOf(5, 20);
  line.reset(0);
  line.heard(0, 100, 10, noText);
  line.heard(1, 100, 10, noText);
  expect(line.of(3_100)).toMatchObject({ widestNearMs: 3_000, lateNearGaps: 1 });
});

test("a watermark that goes back is told", () => {
  const line = lineOf(50, 51);
  line.heard(0, 1, 8, noText);
  line.heard(1, 1, 7, noText);
  expect(line.of(2).backwards).toBe(0);
  line.heard(0, 2, 7, noText);
  expect(line.of(3).backwards).toBe(1);
});

test("a standing is held against the place's own number", () => {
  const line = lineOf(50, 51, 52);
  const standing = (number: number) => () => `{"type":"standing","outcome":"waiting","number":${number}}`;
  line.heard(0, 1, undefined, standing(50));
  line.heard(0, 1, undefined, standing(50));
  line.heard(1, 1, undefined, standing(50));
  line.heard(2, 1, undefined, () => '{"type":"standing","outcome":"place_missing"}');
  expect(line.of(2)).toMatchObject({ placed: 1, misplaced: 2 });
});
