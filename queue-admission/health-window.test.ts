import fc from "fast-check";
import { expect, test } from "vitest";
import { createHealthWindow, mergeHealth } from "./health-window.ts";

function windowAt(startMs: number) {
  const clock = { nowMs: startMs, now: () => clock.nowMs };
  return { clock, window: createHealthWindow(clock) };
}

const answers = fc.array(
  fc.record({ tookMs: fc.double({ min: 0, max: 30_000, noNaN: true }), ok: fc.boolean() }),
  {
    minLength: 1,
    maxLength: 400,
  },
);

function exactP99(took: readonly number[]): number {
  const sorted = [...took].sort((left, right) => left - right);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
}

test("an idle path is well and has no samples", () => {
  expect(windowAt(1_000_000).window.read()).toEqual({ p99Ms: 0, errorShare: 0, samples: 0 });
});

test("p99 is never below the truth and at most a quarter above it", () => {
  fc.assert(
    fc.property(answers, (list) => {
      const { window } = windowAt(1_000_000);
      for (const { tookMs, ok } of list) window.record(tookMs, ok);
      const exact = exactP99(list.filter(({ ok }) => ok).map(({ tookMs }) => tookMs));
      const { p99Ms } = window.read();
      expect(p99Ms).toBeGreaterThanOrEqual(exact * 0.999_999);
      expect(p99Ms).toBeLessThanOrEqual(Math.max(1, exact * 1.250_001));
    }),
  );
});

test("failures count in the error share and not in p99", () => {
  const { window } = windowAt(1_000_000);
  for (let index = 0; index < 30; index += 1) window.record(10, true);
  for (let index = 0; index < 10; index += 1) window.record(20_000, false);
  const { p99Ms, errorShare, samples } = window.read();
  expect({ errorShare, samples }).toEqual({ errorShare: 0.25, samples: 40 });
  expect(p99Ms).toBeLessThan(13);
});

test("what is five to six seconds old is forgotten, also after a long silence", () => {
  const { clock, window } = windowAt(1_000_000);
  window.record(900, false);
  clock.nowMs += 4_999;
  expect(window.read().samples).toBe(1);
  clock.nowMs += 1_001;
  expect(window.read().samples).toBe(0);
  clock.nowMs += 60_000;
  window.record(5, true);
  expect(window.read()).toMatchObject({ errorShare: 0, samples: 1 });
});

test("several gateways merged read as one that has seen everything", () => {
  fc.assert(
    fc.property(fc.array(answers, { maxLength: 5 }), (lists) => {
      const parts = lists.map((list) => {
        const { window } = windowAt(1_000_000);
        for (const { tookMs, ok } of list) window.record(tookMs, ok);
        return window.snapshot();
      });
      const { window: whole } = windowAt(1_000_000);
      for (const { tookMs, ok } of lists.flat()) whole.record(tookMs, ok);
      expect(mergeHealth(parts)).toEqual(whole.read());
    }),
  );
});

test("a snapshot of a busy gateway is at most 400 bytes", () => {
  const { window } = windowAt(1_000_000);
  for (let index = 0; index < 2_000_000; index += 1) window.record(1.1 ** (index % 110), index % 5 > 0);
  expect(JSON.stringify(window.snapshot()).length).toBeLessThanOrEqual(400);
});
