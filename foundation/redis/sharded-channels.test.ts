import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type RedisCluster, startRedisCluster } from "../../launch/redis-server.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import { connectRedis, type Redis } from "./connect.ts";
import { createShardedChannels } from "./sharded-channels.ts";

// A cluster of their own: these tests cut connections and move slots.
const folder = mkdtempSync(join(tmpdir(), "onsale-channels-"));
let cluster: RedisCluster;
let redis: Redis;

beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 3, folder, persist: false });
  redis = connectRedis(cluster.urls, pino({ level: "silent" }));
});
afterAll(async () => {
  redis.disconnect();
  await cluster.stop();
  rmSync(folder, { recursive: true });
});

/** Publishes until one message more than before has arrived. */
async function expectHeard(channel: string, heard: readonly string[]): Promise<void> {
  const before = heard.length;
  const arrives = async () => {
    await redis.spublish(channel, "a message");
    return heard.length > before;
  };
  await waitFor(arrives, { what: `a message of ${channel}`, withinMs: 10_000 });
}

test("a channel is heard again after every subscriber's connection was cut", async () => {
  const heard: string[] = [];
  const end = await createShardedChannels(redis).listen("{cut}", (message) => heard.push(message));
  await expectHeard("{cut}", heard);
  await Promise.all(redis.nodes("master").map((node) => node.call("CLIENT", "KILL", "TYPE", "pubsub")));
  await expectHeard("{cut}", heard);
  await end();
});

test("a channel is heard again after its slot has moved to another master", async () => {
  const heard: string[] = [];
  const end = await createShardedChannels(redis).listen("{moved}", (message) => heard.push(message));
  await expectHeard("{moved}", heard);
  await moveSlot("{moved}");
  await expectHeard("{moved}", heard);
  await end();
});

test("a listener that ended hears nothing more, and the others go on", async () => {
  const channels = createShardedChannels(redis);
  const [first, second]: [string[], string[]] = [[], []];
  const endFirst = await channels.listen("{shared}", (message) => first.push(message));
  const endSecond = await channels.listen("{shared}", (message) => second.push(message));
  await endFirst();
  await expectHeard("{shared}", second);
  expect(first).toEqual([]);
  await endSecond();
});

test("a channel that is opened again between the ends of two listeners is heard", async () => {
  const channels = createShardedChannels(redis);
  const ends = [await channels.listen("{between}", () => {}), await channels.listen("{between}", () => {})];
  const heard: string[] = [];
  const ending = ends.map((end) => end());
  const opened = ending[0]?.then(() => channels.listen("{between}", (message) => heard.push(message)));
  await Promise.all(ending);
  const end = await opened;
  await expectHeard("{between}", heard);
  await end?.();
});

test("a slot that moves as its subscriber is stopped ends no process", async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.on("uncaughtException", note);
  onTestFinished(() => void process.off("uncaughtException", note));
  const stopped = connectRedis(cluster.urls, pino({ level: "silent" }));
  await createShardedChannels(stopped).listen("{stopped}", () => {});
  const { owner, slot, next } = await ownerOf("{stopped}");
  // Busy for a moment, the server says that the slot has moved before it sees that the subscriber has gone.
  const busy = owner.eval("for i = 1, 2e7 do end", 0);
  const moved = owner.call("CLUSTER", "SETSLOT", slot, "NODE", next);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  stopped.disconnect();
  await Promise.all([busy, moved]);
  await owner.ping();
  expect(uncaught).toEqual([]);
});

async function ownerOf(channel: string) {
  const slot = Number(await redis.cluster("KEYSLOT", channel));
  const nodes = redis.nodes("master");
  const ids = await Promise.all(nodes.map((node) => node.call("CLUSTER", "MYID") as Promise<string>));
  const ranges = await redis.cluster("SLOTS");
  const id = ranges.find(([first, last]) => slot >= first && slot <= last)?.[2]?.[2] ?? "";
  const owner = nodes[ids.indexOf(id)];
  if (owner === undefined) throw new Error(`nobody has slot ${slot}`);
  return { owner, slot: String(slot), next: ids.find((other) => other !== id) ?? "" };
}

async function moveSlot(channel: string): Promise<void> {
  const slot = Number(await redis.cluster("KEYSLOT", channel));
  const masters = redis.nodes("master");
  const ids = await Promise.all(masters.map((node) => node.call("CLUSTER", "MYID") as Promise<string>));
  const ranges = await redis.cluster("SLOTS");
  const owner = ranges.find(([first, last]) => slot >= first && slot <= last)?.[2]?.[2];
  const next = ids.find((id) => id !== owner) ?? "";
  for (const node of masters) await node.call("CLUSTER", "SETSLOT", String(slot), "NODE", next);
}
