import { afterAll, expect, test } from "vitest";
import { connectTestRedis } from "../test/harness/redis.ts";
import { simulateUtilisation } from "./test-utilisation.ts";

const redis = connectTestRedis();
afterAll(() => redis.quit());

const seed = Date.now() % 2 ** 31;

test("an hour with 40% away and a driver that dies every 2 s: never more than the cap inside, and 99% of it used", async () => {
  const seen = await simulateUtilisation(redis, 60, seed);
  process.stdout.write(`${JSON.stringify({ seed, ...seen })}\n`);
  expect(seen.overshoot).toBe(0);
  expect(seen.utilisation).toBeGreaterThanOrEqual(0.99);
  expect(seen.awayShare).toBeGreaterThan(0.35);
  expect(seen.refusedSteps).toBe(Math.floor(seen.takeovers / 10));
}, 120_000);

// A minute of real time: for the benchmark, and for who wants to see it.
