import { expect, test } from "vitest";
import { seededRandom } from "./test-simulation.ts";
import type { Expected, Outcome } from "./wait-probes.ts";
import { createWaitWidths, type WaitWidths } from "./wait-widths.ts";

const expected: Expected = { waitMs: 300_000, paused: false };
const watchedMs = 3_600_000;

/** Real waits whose logarithm is spread evenly to both sides of the expected one; gives the share that came true. */
function live(widths: WaitWidths, spread: number, probes: number, seed: number): number {
  const random = seededRandom(seed);
  let inside = 0;
  for (let probe = 0; probe < probes; probe += 1) {
    const { early, late } = widths.at(expected, watchedMs);
    const missed = (2 * random() - 1) * spread;
    const outcome: Outcome = missed < -early ? "early" : missed > late ? "late" : "inside";
    if (outcome === "inside") inside += 1;
    widths.learn(expected, outcome);
  }
  return inside / probes;
}

test.each([0.1, 0.3, 1, 2])("a room whose waits vary by %f comes to a true promise", (spread) => {
  const widths = createWaitWidths();
  live(widths, spread, 400, 1);
  const share = live(widths, spread, 4_000, 2);
  expect(share).toBeGreaterThan(0.75);
  expect(share).toBeLessThan(0.85);
});

test("each side is learned by itself", () => {
  const widths = createWaitWidths();
  const before = widths.at(expected, watchedMs);
  for (let probe = 0; probe < 20; probe += 1) widths.learn(expected, "late");
  const after = widths.at(expected, watchedMs);
  expect(after.late).toBeGreaterThan(before.late);
  expect(after.early).toBeLessThan(before.early);
});

test("a miss concerns longer waits too, but not shorter ones, nor those of a pause", () => {
  const widths = createWaitWidths();
  const at = (waitMs: number, paused: boolean) => widths.at({ waitMs, paused }, watchedMs).late;
  const [shorter, longer, paused] = [at(20_000, false), at(5_120_000, false), at(300_000, true)];
  for (let probe = 0; probe < 20; probe += 1) widths.learn(expected, "late");
  expect(at(5_120_000, false)).toBeGreaterThan(longer);
  expect(at(20_000, false)).toBe(shorter);
  expect(at(300_000, true)).toBe(paused);
});

test("a wait longer than the room was watched gets a wider promise", () => {
  const widths = createWaitWidths();
  const known = widths.at(expected, watchedMs);
  const unknown = widths.at(expected, 0);
  expect(unknown.early).toBeGreaterThan(known.early);
  expect(unknown.late).toBeGreaterThan(known.late);
});

test("no row of misses or hits makes a width useless", () => {
  const widths = createWaitWidths();
  for (let probe = 0; probe < 10_000; probe += 1) widths.learn(expected, "early");
  expect(widths.at(expected, watchedMs).early).toBeLessThan(3);
  expect(widths.at(expected, watchedMs).late).toBeGreaterThan(0.02);
});
