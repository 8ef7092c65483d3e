import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHealthWindow, type Health } from "./health-window.ts";
import { enoughSamples, nextPace, type PaceSettings, type PaceState, settleMs, startPace } from "./pace.ts";
import { seededRandom } from "./test-simulation.ts";

const settings: PaceSettings = {
  leastPerMinute: 60,
  mostPerMinute: 6_000,
  targetP99Ms: 500,
  mostErrorShare: 0.02,
};
const well: Health = { p99Ms: 50, errorShare: 0, samples: 500 };
const slow: Health = { ...well, p99Ms: 501 };
const failing: Health = { ...well, errorShare: 0.03 };

const healths = fc.record({
  p99Ms: fc.double({ min: 0, max: 5_000, noNaN: true }),
  errorShare: fc.double({ min: 0, max: 1, noNaN: true }),
  samples: fc.nat(2_000),
});

function after(seconds: number, health: Health, start: PaceState, startMs = 0): PaceState {
  let pace = start;
  for (let second = 1; second <= seconds; second += 1)
    pace = nextPace(pace, health, settings, startMs + second * 1_000);
  return pace;
}

test("the pace never leaves its limits, whatever it hears", () => {
  const anyStart = fc.double({ min: 0, max: 20_000, noNaN: true });
  fc.assert(
    fc.property(anyStart, fc.array(healths, { maxLength: 200 }), (rate, heard) => {
      let pace = startPace(rate, 0);
      for (const [index, health] of heard.entries()) {
        pace = nextPace(pace, health, settings, index * 1_000);
        expect(pace.ratePerMinute).toBeGreaterThanOrEqual(settings.leastPerMinute);
        expect(pace.ratePerMinute).toBeLessThanOrEqual(settings.mostPerMinute);
      }
    }),
  );
});

test("worse health never gives a higher pace", () => {
  const inLimits = fc.double({ min: 60, max: 6_000, noNaN: true });
  fc.assert(
    fc.property(inLimits, fc.nat(20_000), healths, healths, (rate, nowMs, one, two) => {
      const samples = one.samples;
      const better = {
        p99Ms: Math.min(one.p99Ms, two.p99Ms),
        errorShare: Math.min(one.errorShare, two.errorShare),
      };
      const worse = {
        p99Ms: Math.max(one.p99Ms, two.p99Ms),
        errorShare: Math.max(one.errorShare, two.errorShare),
      };
      const pace = startPace(rate, 0);
      const withBetter = nextPace(pace, { ...better, samples }, settings, nowMs).ratePerMinute;
      const withWorse = nextPace(pace, { ...worse, samples }, settings, nowMs).ratePerMinute;
      expect(withWorse).toBeLessThanOrEqual(withBetter);
    }),
  );
});

test.each([
  ["slow", slow],
  ["failing", failing],
])("a %s path cuts the pace at once, to 70%%", (_, health) => {
  expect(nextPace(startPace(1_000, 0), health, settings, 1).ratePerMinute).toBeCloseTo(700);
});

test("a cut is given time to be felt before the next", () => {
  const cut = nextPace(startPace(1_000, 0), slow, settings, 1_000);
  const early = nextPace(cut, slow, settings, 1_000 + settleMs - 1);
  expect(early.ratePerMinute).toBeCloseTo(700);
  expect(nextPace(early, slow, settings, 1_000 + settleMs).ratePerMinute).toBeCloseTo(490);
});

test("a well path raises the pace by a twentieth of the most every five seconds", () => {
  expect(after(20, well, startPace(1_000, 0)).ratePerMinute).toBeCloseTo(1_000 + 4 * 300);
});

test("trouble puts the next rise off by five seconds", () => {
  const cut = nextPace(startPace(1_000, 0), slow, settings, 4_900);
  expect(nextPace(cut, well, settings, 9_800).ratePerMinute).toBeCloseTo(700);
  expect(nextPace(cut, well, settings, 9_900).ratePerMinute).toBeCloseTo(1_000);
});

describe("with few samples", () => {
  test("bad ones hold the pace and do not cut it", () => {
    const few = { p99Ms: 4_000, errorShare: 0.5, samples: enoughSamples - 1 };
    expect(after(60, few, startPace(1_000, 0)).ratePerMinute).toBe(1_000);
  });

  test("good ones raise it by less", () => {
    const few = { ...well, samples: 3 };
    const { ratePerMinute } = after(60, few, startPace(1_000, 0));
    expect(ratePerMinute).toBeGreaterThan(1_000);
    expect(ratePerMinute).toBeLessThan(after(60, well, startPace(1_000, 0)).ratePerMinute);
  });

  test("none at all holds it, but never at the least", () => {
    const none: Health = { p99Ms: 0, errorShare: 0, samples: 0 };
    expect(after(600, none, startPace(1_000, 0)).ratePerMinute).toBe(1_000);
    expect(after(10, none, startPace(settings.leastPerMinute, 0)).ratePerMinute).toBeGreaterThan(60);
  });
});

test("from the least it comes back to the most within ten minutes of good health", () => {
  const down = after(120, failing, startPace(6_000, 0));
  expect(down.ratePerMinute).toBe(settings.leastPerMinute);
  expect(after(600, well, down, 120_000).ratePerMinute).toBe(settings.mostPerMinute);
});

test("limits that contradict each other are refused", () => {
  const wrong = { ...settings, leastPerMinute: 7_000 };
  expect(() => nextPace(startPace(1_000, 0), well, wrong, 0)).toThrow("the least pace is above the most");
});

/** A booking path of one capacity: a queue before it, and service that slows as it fills. */
function runPath(capacityPerMinute: number, minutes: number, seed: number) {
  const random = seededRandom(seed);
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const window = createHealthWindow(clock);
  const seconds: { ratePerMinute: number; queueMs: number }[] = [];
  let pace = startPace(settings.leastPerMinute, 0);
  let backlog = 0;
  for (; clock.nowMs < minutes * 60_000; clock.nowMs += 1_000) {
    const arrivals = Math.round(pace.ratePerMinute / 60 + random() - 0.5);
    const served = Math.min(backlog + arrivals, capacityPerMinute / 60);
    const load = Math.min(0.95, pace.ratePerMinute / capacityPerMinute);
    backlog += arrivals - served;
    const queueMs = (60_000 * backlog) / capacityPerMinute;
    for (let index = 0; index < arrivals; index += 1)
      window.record(queueMs - (10 * Math.log(1 - random())) / (1 - load), true);
    pace = nextPace(pace, window.read(), settings, clock.nowMs);
    seconds.push({ ratePerMinute: pace.ratePerMinute, queueMs });
  }
  return seconds;
}

describe.each([900, 2_000, 4_500])("before a path that carries %i a minute", (capacity) => {
  const settled = runPath(capacity, 30, capacity).slice(5 * 60);

  test("the pace averages at least three quarters of that", () => {
    const mean = settled.reduce((sum, { ratePerMinute }) => sum + ratePerMinute, 0) / settled.length;
    expect(mean).toBeGreaterThanOrEqual(0.75 * capacity);
    expect(mean).toBeLessThanOrEqual(1.02 * capacity);
  });

  test("it overshoots by no more than two rises, and the queue stays below five seconds", () => {
    expect(Math.max(...settled.map(({ ratePerMinute }) => ratePerMinute))).toBeLessThanOrEqual(
      capacity + 600,
    );
    expect(Math.max(...settled.map(({ queueMs }) => queueMs))).toBeLessThan(5_000);
  });
});
