import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RedisCluster, startRedisCluster } from "../../launch/redis-server.ts";
import { benchmarkScript, parseBenchmark } from "./redis-benchmark.ts";
import { loadScript, memoryOfKey, memoryOfNode, timeInCommand } from "./redis-readings.ts";

const folder = mkdtempSync(join(tmpdir(), "onsale-benchmark-"));
const joinScript = `redis.call("HSET", KEYS[1], ARGV[1], ARGV[2]) return 1`;
const options = { host: "127.0.0.1", requests: 3_200, connections: 4 };
let cluster: RedisCluster;
let node: Redis;
let port: number;

beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 1, folder, persist: false });
  port = cluster.nodes[0]?.port ?? 0;
  node = new Redis({ host: options.host, port });
});

afterAll(async () => {
  node.disconnect();
  await cluster.stop();
  await rm(folder, { recursive: true });
});

test("redis-benchmark calls our script so often, with arguments that differ", async () => {
  const call = {
    sha: await loadScript(node, joinScript),
    keys: ["{room}:places"],
    args: ["__rand_int____rand_int__", '{"a,b":1}'],
  };
  const time = await timeInCommand(node, "evalsha", async () => {
    const result = await benchmarkScript(call, { ...options, port });
    expect(result.perSecond).toBeGreaterThan(100);
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms);
  });
  expect(time.calls).toBe(options.requests);
  expect(time.perCallMs).toBeGreaterThan(0);
  expect(await node.hlen("{room}:places")).toBe(options.requests);
  expect(await memoryOfKey(node, "{room}:places")).toBeGreaterThan(options.requests * 30);
  expect(await memoryOfNode(node)).toBeGreaterThan(await memoryOfKey(node, "{room}:places"));
});

test("a script that fails is no figure", async () => {
  const sha = await loadScript(node, `return redis.error_reply("NOPE no such room")`);
  await expect(benchmarkScript({ sha, keys: [], args: [] }, { ...options, port })).rejects.toThrow(/NOPE/);
  await expect(
    benchmarkScript({ sha: "0".repeat(40), keys: [], args: [] }, { ...options, port }),
  ).rejects.toThrow(/NOSCRIPT/);
});

test("an output without the figures is no figure", () => {
  expect(() => parseBenchmark('"test","rps"\n"EVALSHA","12.5"\n')).toThrow(/no p50_latency_ms/);
  expect(() => parseBenchmark("")).toThrow(/no rps/);
});

test("what was not called has no time, and what is not there no memory", async () => {
  await expect(timeInCommand(node, "evalsha", () => Promise.resolve())).rejects.toThrow(/not asked/);
  await expect(memoryOfKey(node, "{room}:none")).rejects.toThrow(/no key/);
});
