import fc from "fast-check";
import { expect, test } from "vitest";
import { createRateLimits, type TakeOutcome } from "./rate-limits.ts";

const startMs = 1_700_000_000_000;

function setUp(rule = { perMinute: 60, burst: 3 }, mostKeys = 100) {
  const clock = { nowMs: startMs, now: () => clock.nowMs };
  const limits = createRateLimits({ clock, rules: { joins: rule, guesses: rule }, mostKeys });
  const take = (key: string) => limits.take("joins", key);
  const kept = () => limits.keysKept("joins");
  return { clock, limits, take, kept };
}

const isTaken = ({ outcome }: TakeOutcome) => outcome === "taken";

test("a burst is let through at once, then one for each token that comes back", () => {
  const { clock, take } = setUp();
  expect([1, 2, 3].map(() => take("a").outcome)).toEqual(["taken", "taken", "taken"]);
  expect(take("a")).toEqual({ outcome: "too_many", retryAfterSeconds: 1 });
  clock.nowMs += 999;
  expect(isTaken(take("a"))).toBe(false);
  clock.nowMs += 1;
  expect(isTaken(take("a"))).toBe(true);
  expect(isTaken(take("a"))).toBe(false);
});

test("who waits as long as told is let through, and not a second earlier", () => {
  const { clock, take } = setUp({ perMinute: 4, burst: 1 });
  take("a");
  clock.nowMs += 500;
  expect(take("a")).toEqual({ outcome: "too_many", retryAfterSeconds: 15 });
  clock.nowMs += 14_000;
  expect(take("a")).toEqual({ outcome: "too_many", retryAfterSeconds: 1 });
  clock.nowMs += 1_000;
  expect(isTaken(take("a"))).toBe(true);
});

test("keys and kinds have buckets of their own", () => {
  const { limits, take } = setUp({ perMinute: 1, burst: 1 });
  expect([take("a"), take("b"), limits.take("guesses", "a")].every(isTaken)).toBe(true);
  expect([take("a"), take("b"), limits.take("guesses", "a")].some(isTaken)).toBe(false);
});

test("it lets through exactly what a counter of tokens would", () => {
  const rule = fc.record({
    perMinute: fc.constantFrom(60, 20, 600, 3),
    burst: fc.integer({ min: 1, max: 6 }),
  });
  const visits = fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.nat(2_500)), { maxLength: 150 });
  fc.assert(
    fc.property(rule, visits, ({ perMinute, burst }, list) => {
      const { clock, take } = setUp({ perMinute, burst });
      const tokenMs = 60_000 / perMinute;
      // Counted in milliseconds of refill, all whole numbers: no rounding in the model.
      const filledMs = new Map([
        ["a", burst * tokenMs],
        ["b", burst * tokenMs],
      ]);
      for (const [key, elapsedMs] of list) {
        clock.nowMs += elapsedMs;
        for (const [each, filled] of filledMs)
          filledMs.set(each, Math.min(burst * tokenMs, filled + elapsedMs));
        const expected = (filledMs.get(key) as number) >= tokenMs;
        expect(isTaken(take(key))).toBe(expected);
        if (expected) filledMs.set(key, (filledMs.get(key) as number) - tokenMs);
      }
    }),
    { numRuns: 300 },
  );
});

test("no span of time lets through more than burst + rate × time, at odd rates too", () => {
  const rule = fc.record({
    perMinute: fc.double({ min: 0.5, max: 5_000, noNaN: true }),
    burst: fc.integer({ min: 1, max: 20 }),
  });
  const gaps = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 400, noNaN: true })), {
    minLength: 20,
    maxLength: 200,
  });
  fc.assert(
    fc.property(rule, gaps, ({ perMinute, burst }, list) => {
      const { clock, take } = setUp({ perMinute, burst });
      const takenAtMs: number[] = [];
      for (const gapMs of list) {
        clock.nowMs += gapMs;
        if (isTaken(take("a"))) takenAtMs.push(clock.nowMs);
      }
      for (const [from, fromMs] of takenAtMs.entries())
        for (const [to, toMs] of takenAtMs.entries())
          if (to >= from)
            expect(to - from + 1).toBeLessThanOrEqual(burst + ((toMs - fromMs + 0.02) * perMinute) / 60_000);
    }),
    { numRuns: 200 },
  );
});

test("a flood of keys that come once neither frees a limited key nor takes more room than given", () => {
  const gaps = fc.array(fc.nat(30), { minLength: 300, maxLength: 300 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 2, max: 6 }), (list, burst) => {
      const { clock, take, kept } = setUp({ perMinute: 60, burst }, 20);
      let letThrough = 0;
      for (const [index, gapMs] of list.entries()) {
        clock.nowMs += gapMs;
        expect(isTaken(take(`stranger-${index}`))).toBe(true);
        if (isTaken(take("limited"))) letThrough += 1;
        expect(kept()).toBeLessThanOrEqual(20);
      }
      expect(letThrough).toBeLessThanOrEqual(burst + (clock.nowMs - startMs) / 1_000);
    }),
    { numRuns: 50 },
  );
});

test("where every bucket is without a token, a new key waits for the first that gets one", () => {
  const { clock, take } = setUp({ perMinute: 60, burst: 2 }, 3);
  for (const key of ["a", "b", "c"]) {
    take(key);
    take(key);
    clock.nowMs += 100;
  }
  expect(take("new")).toEqual({ outcome: "too_many", retryAfterSeconds: 1 });
  expect(["a", "b", "c"].map(take).some(isTaken)).toBe(false);
  clock.nowMs += 700;
  expect(isTaken(take("new"))).toBe(true);
  expect(["b", "c"].map(take).some(isTaken)).toBe(false);
});

test("keys that have not come for a while are forgotten as others come", () => {
  const { clock, take, kept } = setUp({ perMinute: 60, burst: 3 }, 1_000);
  for (let index = 0; index < 500; index++) take(`early-${index}`);
  expect(kept()).toBe(500);
  clock.nowMs += 60_000;
  for (let index = 0; index < 200; index++) take(`late-${index}`);
  expect(kept()).toBe(200);
});

test("where the machine's clock is set back nobody waits for it to come round again", () => {
  const { clock, take } = setUp({ perMinute: 60, burst: 1 });
  take("a");
  clock.nowMs -= 3_600_000;
  expect(take("a")).toEqual({ outcome: "too_many", retryAfterSeconds: 1 });
  clock.nowMs += 1_000;
  expect(isTaken(take("a"))).toBe(true);
});

test("a rule that lets nothing through stops the start", () => {
  for (const rule of [
    { perMinute: 0, burst: 1 },
    { perMinute: Number.NaN, burst: 1 },
    { perMinute: 1, burst: 0 },
    { perMinute: 1, burst: 1.5 },
  ])
    expect(() => setUp(rule)).toThrow("joins");
});
