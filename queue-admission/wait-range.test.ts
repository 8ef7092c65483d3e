import fc from "fast-check";
import { expect, test } from "vitest";
import { type WaitSpeeds, waitRangeOf } from "./wait-range.ts";

const steady = (slow: number, fast: number): WaitSpeeds => [{ ahead: 1, slow, fast }];

const anySpeeds = fc
  .record({
    slow: fc.double({ min: 0.5, max: 50_000, noNaN: true }),
    width: fc.double({ min: 1, max: 30, noNaN: true }),
  })
  .map(({ slow, width }) => steady(slow, slow * width));

const anyAhead = fc.integer({ min: 0, max: 1_000_000 });

test("the range lies between the numbers ahead at the fast and at the slow speed", () => {
  expect(waitRangeOf(600, steady(40, 60))).toEqual({ fromSeconds: 600, untilSeconds: 900 });
});

test("without speeds nothing is promised", () => {
  expect(waitRangeOf(10, [])).toBeUndefined();
});

test.each([
  [0.4, 1.2, 0, 5],
  [13, 41, 15, 40],
  [50, 130, 50, 120],
  [340, 700, 330, 720],
  [1_000, 9_000, 1_020, 9_000],
])("%d to %d seconds are told as %d to %d", (from, until, fromSeconds, untilSeconds) => {
  expect(waitRangeOf(1, steady(60 / until, 60 / from))).toEqual({ fromSeconds, untilSeconds });
});

test("a range is never empty, never backwards and never finer than one can mean", () => {
  fc.assert(
    fc.property(anyAhead, anySpeeds, (ahead, speeds) => {
      const { fromSeconds, untilSeconds } = waitRangeOf(ahead, speeds) ?? { fromSeconds: 0, untilSeconds: 0 };
      expect(untilSeconds).toBeGreaterThan(fromSeconds);
      for (const seconds of [fromSeconds, untilSeconds])
        expect(seconds % (seconds < 60 ? 5 : seconds < 600 ? 30 : 60)).toBe(0);
    }),
  );
});

test("what is told is at most one grain beside the exact range", () => {
  fc.assert(
    fc.property(anyAhead, anySpeeds, (ahead, speeds) => {
      const { fromSeconds, untilSeconds } = waitRangeOf(ahead, speeds) ?? { fromSeconds: 0, untilSeconds: 0 };
      const [speed] = speeds;
      const exact = (perMinute = 1) => (60 * Math.max(1, ahead)) / perMinute;
      expect(Math.abs(fromSeconds - exact(speed?.fast))).toBeLessThanOrEqual(60);
      expect(Math.abs(untilSeconds - exact(speed?.slow))).toBeLessThanOrEqual(60);
    }),
  );
});

test("between two depths the speed goes over from one to the other", () => {
  const speeds: WaitSpeeds = [
    { ahead: 100, slow: 10, fast: 100 },
    { ahead: 10_000, slow: 1_000, fast: 10_000 },
  ];
  expect(waitRangeOf(1_000, speeds)).toEqual({ fromSeconds: 60, untilSeconds: 600 });
  expect(waitRangeOf(50, speeds)).toEqual({ fromSeconds: 30, untilSeconds: 300 });
  expect(waitRangeOf(100_000, speeds)).toEqual({ fromSeconds: 600, untilSeconds: 6_000 });
});
