import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, expect, test } from "vitest";
import { connectRedis } from "../foundation/redis/connect.ts";
import { startRedisCluster } from "../launch/redis-server.ts";
import { connectTestRedis } from "../test/harness/redis.ts";
import { measureUtilisation, simulateUtilisation } from "./test-utilisation.ts";

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
}, 60_000);

// A minute of real time: for the benchmark, and for who wants to see it.
test.runIf(process.env["ROOM_MINUTE"] === "1")(
  "the same in a real minute, with processes that are killed",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "onsale-minute-"));
    const cluster = await startRedisCluster({ masters: 1, folder, persist: false });
    const own = connectRedis(cluster.urls, pino({ level: "silent" }));
    try {
      const seen = await measureUtilisation(own, cluster.urls, 60, seed);
      process.stdout.write(`${JSON.stringify({ seed, ...seen })}\n`);
      expect(seen.overshoot).toBe(0);
      expect(seen.utilisation).toBeGreaterThanOrEqual(0.99);
    } finally {
      own.disconnect();
      await cluster.stop();
      rmSync(folder, { recursive: true });
    }
  },
  120_000,
);
