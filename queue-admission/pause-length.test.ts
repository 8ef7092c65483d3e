import { expect, test } from "vitest";
import { createPauseLength, type PauseLength } from "./pause-length.ts";

/** Open from 0 on, with one pause of each length and a minute between them; gives when the last one ended. */
function livePauses(pauses: PauseLength, lengthsMs: readonly number[]): number {
  let nowMs = 0;
  for (const lengthMs of lengthsMs) {
    pauses.observe((nowMs += 60_000), true);
    pauses.observe((nowMs += lengthMs), false);
  }
  return nowMs;
}

test("nothing is left where nothing is paused", () => {
  const pauses = createPauseLength();
  pauses.observe(0, false);
  expect(pauses.leftMs(1_000)).toBe(0);
  expect(pauses.isPaused()).toBe(false);
});

test("a room of short pauses expects a short one", () => {
  const [short, long] = [createPauseLength(), createPauseLength()];
  const afterShort = livePauses(short, Array(10).fill(10_000));
  const afterLong = livePauses(long, Array(10).fill(300_000));
  short.observe(afterShort, true);
  long.observe(afterLong, true);
  expect(short.leftMs(afterShort)).toBeLessThan(20_000);
  expect(long.leftMs(afterLong)).toBeGreaterThan(180_000);
});

test("what is left shrinks while the pause is of the usual length, and grows once it is longer", () => {
  const pauses = createPauseLength();
  pauses.observe(0, true);
  expect(pauses.leftMs(20_000)).toBeLessThan(pauses.leftMs(0));
  expect(pauses.leftMs(1_200_000)).toBeGreaterThan(pauses.leftMs(300_000));
  expect(pauses.leftMs(300_000)).toBeGreaterThan(0);
});

test("the next driver knows the pauses of the last one", () => {
  const [last, next] = [createPauseLength(), createPauseLength()];
  const nowMs = livePauses(last, [20_000, 40_000]);
  last.observe(nowMs + 1, true);
  next.restore(last.save());
  expect(next.isPaused()).toBe(true);
  expect(next.leftMs(nowMs + 5_000)).toBe(last.leftMs(nowMs + 5_000));
});
