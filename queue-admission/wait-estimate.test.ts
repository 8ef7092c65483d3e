import { describe, expect, test } from "vitest";
import { seededRandom } from "./test-simulation.ts";
import { createWaitEstimate, type WaitEstimate } from "./wait-estimate.ts";
import { type WaitRange, waitRangeOf } from "./wait-range.ts";
import type { WaitObservation } from "./watermark-flow.ts";

const startMs = 1_800_000_000_000;
const opened: WaitObservation = { nowMs: startMs, servedUpTo: 0, lastNumber: 50_000, state: "open" };

/** Steps of a quarter of a second, in which the watermark moves evenly. */
function watch(
  estimate: WaitEstimate,
  from: WaitObservation,
  minutes: number,
  perMinute: number,
): WaitObservation {
  let seen = from;
  for (let step = 1; step <= minutes * 240; step += 1) {
    const servedUpTo = from.servedUpTo + Math.floor((step * perMinute) / 240);
    seen = { ...from, nowMs: from.nowMs + step * 250, servedUpTo };
    estimate.observe(seen);
  }
  return seen;
}

function rangeOf(estimate: WaitEstimate, ahead: number): WaitRange {
  const range = waitRangeOf(ahead, estimate.speeds() ?? []);
  if (range === undefined) throw new Error("nothing is promised");
  return range;
}

const holds = ({ fromSeconds, untilSeconds }: WaitRange, seconds: number): boolean =>
  fromSeconds <= seconds && seconds <= untilSeconds;

describe("before anything was observed", () => {
  test("nothing is promised without a configured rate", () => {
    expect(createWaitEstimate().speeds()).toBeUndefined();
    expect(createWaitEstimate({ ratePerMinute: 0 }).speeds()).toBeUndefined();
  });

  test("the configured rate is what the promise is about, also in the lobby", () => {
    const estimate = createWaitEstimate({ ratePerMinute: 600 });
    expect(holds(rangeOf(estimate, 6_000), 600)).toBe(true);
    watch(estimate, { ...opened, state: "lobby" }, 5, 0);
    expect(holds(rangeOf(estimate, 6_000), 600)).toBe(true);
  });
});

describe("in an open room", () => {
  test("what flows counts, not what is configured", () => {
    const estimate = createWaitEstimate({ ratePerMinute: 6_000 });
    watch(estimate, opened, 5, 600);
    for (const ahead of [100, 1_000, 10_000]) expect(holds(rangeOf(estimate, ahead), ahead / 10)).toBe(true);
  });

  test("an even flow makes the ranges narrow", () => {
    const estimate = createWaitEstimate();
    watch(estimate, opened, 2, 600);
    const wide = rangeOf(estimate, 6_000);
    watch(estimate, { ...opened, nowMs: startMs + 120_000, servedUpTo: 1_200 }, 60, 600);
    const narrow = rangeOf(estimate, 6_000);
    expect(narrow.untilSeconds / narrow.fromSeconds).toBeLessThan(wide.untilSeconds / wide.fromSeconds);
  });

  test("another rate counts at once where the rate limits the flow", () => {
    const estimate = createWaitEstimate({ ratePerMinute: 600 });
    watch(estimate, opened, 10, 600);
    estimate.setRate(1_200);
    expect(holds(rangeOf(estimate, 6_000), 300)).toBe(true);
    expect(holds(rangeOf(estimate, 6_000), 600)).toBe(false);
  });

  test("a higher rate promises nothing where the cap limits the flow", () => {
    const estimate = createWaitEstimate({ ratePerMinute: 600 });
    watch(estimate, opened, 10, 200);
    const before = estimate.speeds();
    estimate.setRate(1_200);
    expect(estimate.speeds()).toEqual(before);
  });

  test("a room in which nobody waits does not look slow", () => {
    const estimate = createWaitEstimate({ ratePerMinute: 600 });
    const seen = watch(estimate, opened, 10, 600);
    const before = rangeOf(estimate, 1_000);
    watch(estimate, { ...seen, servedUpTo: seen.lastNumber }, 30, 0);
    expect(rangeOf(estimate, 1_000).untilSeconds).toBeLessThanOrEqual(before.untilSeconds);
    expect(holds(rangeOf(estimate, 1_000), 100)).toBe(true);
  });

  test("time or a watermark that falls back in a fail-over is passed over", () => {
    const estimate = createWaitEstimate();
    const seen = watch(estimate, opened, 10, 600);
    const before = estimate.speeds();
    estimate.observe({ ...seen, nowMs: seen.nowMs - 5_000 });
    estimate.observe({ ...seen, servedUpTo: seen.servedUpTo - 1_000 });
    expect(estimate.speeds()).toEqual(before);
  });

  test("a flow that stops is promised less and less", () => {
    const estimate = createWaitEstimate();
    const seen = watch(estimate, opened, 10, 600);
    const before = rangeOf(estimate, 1_000).untilSeconds;
    const still = watch(estimate, seen, 2, 0);
    const soon = rangeOf(estimate, 1_000).untilSeconds;
    watch(estimate, still, 20, 0);
    expect(soon).toBeGreaterThan(before);
    expect(rangeOf(estimate, 1_000).untilSeconds).toBeGreaterThan(soon);
  });
});

test("whoever is nearer is never promised a later range", () => {
  const random = seededRandom(7);
  const estimate = createWaitEstimate({ ratePerMinute: 600 });
  let seen: WaitObservation = { ...opened, lastNumber: 500_000 };
  for (let minute = 0; minute < 90; minute += 1) {
    const state = random() < 0.2 ? "paused" : "open";
    seen = watch(estimate, { ...seen, state }, 1, state === "open" ? 2_000 * random() : 0);
    const waits = (estimate.speeds() ?? []).map(
      ({ ahead, slow, fast }) => [ahead / fast, ahead / slow] as const,
    );
    for (const [index, [from, until]] of waits.entries()) {
      const [nearFrom, nearUntil] = waits[index - 1] ?? [0, 0];
      expect(from).toBeGreaterThanOrEqual(nearFrom * 0.999);
      expect(until).toBeGreaterThanOrEqual(nearUntil * 0.999);
      expect(until).toBeGreaterThan(from);
    }
  }
});

test("a rate of nothing and back leaves finite speeds", () => {
  const estimate = createWaitEstimate({ ratePerMinute: 600 });
  watch(estimate, opened, 10, 600);
  estimate.setRate(0);
  estimate.setRate(600);
  expect(holds(rangeOf(estimate, 6_000), 600)).toBe(true);
});

describe("in a pause", () => {
  test("the time it may still last is added for all, most felt at the front", () => {
    const estimate = createWaitEstimate();
    const seen = watch(estimate, opened, 10, 600);
    const before = rangeOf(estimate, 1);
    watch(estimate, { ...seen, state: "paused" }, 0.1, 0);
    expect(before.untilSeconds).toBe(5);
    expect(rangeOf(estimate, 1).untilSeconds).toBeGreaterThanOrEqual(30);
    expect(holds(rangeOf(estimate, 6_000), 640)).toBe(true);
  });

  test("a long one makes longer promises, and its end takes them back", () => {
    const estimate = createWaitEstimate();
    const seen = watch(estimate, opened, 10, 600);
    watch(estimate, { ...seen, state: "paused" }, 0.1, 0);
    const early = rangeOf(estimate, 10).untilSeconds;
    const paused = watch(estimate, { ...seen, nowMs: seen.nowMs + 6_000, state: "paused" }, 20, 0);
    expect(rangeOf(estimate, 10).untilSeconds).toBeGreaterThan(early);
    watch(estimate, { ...paused, state: "open" }, 0.1, 600);
    expect(rangeOf(estimate, 10).untilSeconds).toBeLessThanOrEqual(10);
  });
});

test("a closed room promises nothing", () => {
  const estimate = createWaitEstimate({ ratePerMinute: 600 });
  watch(estimate, { ...opened, state: "closed" }, 1, 0);
  expect(estimate.speeds()).toBeUndefined();
});

test("what is published each second is at most 400 bytes", () => {
  const estimate = createWaitEstimate();
  watch(estimate, opened, 7, 617);
  expect(JSON.stringify(estimate.speeds()).length).toBeLessThanOrEqual(400);
});

describe("the driver that takes over", () => {
  const estimate = createWaitEstimate({ ratePerMinute: 600 });
  const seen = watch(estimate, opened, 30, 700);
  const saved = estimate.save();

  test("promises what the last one promised", () => {
    const next = createWaitEstimate({ ratePerMinute: 600 });
    expect(next.restore(saved)).toBe(true);
    expect(next.accuracy()).toEqual(estimate.accuracy());
    next.observe(seen);
    expect(next.speeds()).toEqual(estimate.speeds());
  });

  test("knows a pause that goes on", () => {
    const before = createWaitEstimate();
    const still = { ...watch(before, opened, 10, 600), state: "paused" } as const;
    const paused = watch(before, still, 3, 0);
    const next = createWaitEstimate();
    next.restore(before.save());
    next.observe(paused);
    expect(next.speeds()).toEqual(before.speeds());
  });

  test.each([
    ["nothing", ""],
    ["another thing", '{"early":1}'],
    ["another version", saved.replace("[[1]", "[[2]")],
    ["fewer numbers", JSON.stringify(JSON.parse(saved).map((row: number[]) => row.slice(0, 1)))],
    ["impossible numbers", saved.replaceAll(/\d+\.\d+/g, "-1")],
  ])("starts afresh from %s", (_, text) => {
    const next = createWaitEstimate({ ratePerMinute: 600 });
    const fresh = next.speeds();
    expect(next.restore(text)).toBe(false);
    expect(next.speeds()).toEqual(fresh);
  });
});
