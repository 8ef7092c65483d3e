import fc from "fast-check";
import { expect, test } from "vitest";
import { createBucketWheel, forgetBucket, fullestBucket, putBucket, sweepFull } from "./bucket-wheel.ts";

const spanMs = 2_540;
const slotMs = 10;

type Step =
  | { kind: "put"; key: string; aheadMs: number }
  | { kind: "pass-time"; elapsedMs: number }
  | { kind: "forget-fullest" };

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      key: fc.constantFrom(..."abcdefghijkl".split("")),
      aheadMs: fc.integer({ min: 0, max: spanMs }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("pass-time" as const),
      elapsedMs: fc.oneof(fc.nat(40), fc.nat(spanMs), fc.constant(10 * spanMs + 7)),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "forget-fullest" as const }) },
);

const slotOf = (fullAtMs: number) => Math.floor(fullAtMs / slotMs);

test("the wheel forgets only what is full and finds the fullest, whatever happens in whatever order", () => {
  const startMs = fc.constantFrom(0, 1_700_000_000_000);
  fc.assert(
    fc.property(startMs, fc.array(steps, { maxLength: 120 }), (nowMs, list) => {
      const wheel = createBucketWheel(spanMs);
      const model = new Map<string, number>();
      for (const step of list) {
        if (step.kind === "pass-time") nowMs += step.elapsedMs;
        sweepFull(wheel, nowMs);
        for (const [key, fullAtMs] of model)
          if (!wheel.buckets.has(key)) {
            expect(fullAtMs).toBeLessThanOrEqual(nowMs);
            model.delete(key);
          }
        expect([...wheel.buckets.keys()].sort()).toEqual([...model.keys()].sort());
        if (step.kind === "put") {
          putBucket(wheel, step.key, nowMs + step.aheadMs);
          model.set(step.key, nowMs + step.aheadMs);
        }
        const fullest = fullestBucket(wheel);
        const slots = [...model.values()].map(slotOf);
        expect(fullest === undefined ? [] : [slotOf(fullest.fullAtMs)]).toEqual(
          slots.length === 0 ? [] : [Math.min(...slots)],
        );
        if (step.kind === "forget-fullest" && fullest !== undefined) {
          forgetBucket(wheel, fullest);
          model.delete(fullest.key);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("what is full is gone after a few sweeps, however many there were", () => {
  const wheel = createBucketWheel(spanMs);
  for (let index = 0; index < 1_000; index++) putBucket(wheel, `key-${index}`, (index * 7) % spanMs);
  for (let sweep = 0; sweep < 250; sweep++) sweepFull(wheel, 100 * spanMs);
  expect(wheel.buckets.size).toBe(0);
});

test("a bucket that is put into a slot not yet swept stays until it is full itself", () => {
  const wheel = createBucketWheel(spanMs);
  for (let index = 0; index < 10; index++) putBucket(wheel, `early-${index}`, 5);
  const nowMs = 25;
  sweepFull(wheel, nowMs);
  // One turn of the wheel later, so in the ring of those that are left of slot 0.
  putBucket(wheel, "late", 256 * slotMs);
  for (let sweep = 0; sweep < 10; sweep++) sweepFull(wheel, nowMs);
  expect([...wheel.buckets.keys()]).toEqual(["late"]);
  sweepFull(wheel, 257 * slotMs);
  expect(wheel.buckets.size).toBe(0);
});
