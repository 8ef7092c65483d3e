import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectRedis, type Redis } from "../../foundation/redis/connect.ts";
import { type RedisCluster, startRedisCluster } from "../../launch/redis-server.ts";
import { best, loadTestSection } from "./test-section.ts";

// A server of its own: its statistics are this test's alone.
const folder = mkdtempSync(join(tmpdir(), "onsale-cost-"));
let cluster: RedisCluster;
let redis: Redis;
beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 1, folder, persist: false });
  redis = connectRedis(cluster.urls, pino({ level: "silent" }));
});
afterAll(async () => {
  redis.disconnect();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Redis's own time for 200 claims of two seats, one call each. */
async function usOf(rows: number, rowSeats: number): Promise<number> {
  const { claim } = await loadTestSection(
    redis,
    Array.from({ length: rows }, () => rowSeats),
  );
  await claim(best(2));
  const [node] = redis.nodes("master");
  await node?.config("RESETSTAT");
  for (let count = 0; count < 200; count += 1) await claim(best(2));
  return Number(/cmdstat_evalsha:calls=\d+,usec=(\d+)/.exec((await node?.info("commandstats")) ?? "")?.[1]);
}

test("a claim in a section of 20,000 seats costs Redis at most twice what it costs in one of 500", async () => {
  await usOf(10, 50);
  const small = await usOf(10, 50);
  const large = await usOf(400, 50);
  expect(large / small).toBeLessThan(2);
});
