import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { startRedisCluster } from "../../launch/redis-server.ts";
import { connectRedis } from "./connect.ts";

/** Two masters, of which the second dies while the slot of the key is on its way to it. */
async function dieInSlotMove(key: string) {
  const folder = mkdtempSync(join(tmpdir(), "onsale-slot-move-"));
  const cluster = await startRedisCluster({ masters: 2, folder, persist: false });
  const nodes = cluster.nodes.map(({ port }) => new Redis({ port, host: "127.0.0.1" }));
  const redis = connectRedis(cluster.urls, pino({ level: "silent" }));
  onTestFinished(async () => {
    redis.disconnect();
    for (const node of nodes) node.disconnect();
    await cluster.stop();
    rmSync(folder, { recursive: true });
  });
  await redis.ping();
  const [from, to] = nodes as [Redis, Redis];
  for (const node of nodes) node.on("error", () => undefined);
  const slot = await from.cluster("KEYSLOT", key);
  await to.call("CLUSTER", "SETSLOT", slot, "IMPORTING", String(await from.cluster("MYID")));
  await from.call("CLUSTER", "SETSLOT", slot, "MIGRATING", String(await to.cluster("MYID")));
  await redis.get(key);
  process.kill(cluster.nodes[1]?.process.pid ?? Number.NaN, "SIGKILL");
  return redis;
}

test("a master that dies while a slot moves to it costs answers, and no failure that nobody handles", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  // Its slot, 229, is the first master's.
  const redis = await dieInSlotMove("key-1");
  await Promise.allSettled(Array.from({ length: 20 }, () => redis.get("key-1")));
  expect(unhandled).toEqual([]);
});
