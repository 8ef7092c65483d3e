import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../foundation/clock.ts";
import { connectRedis, type Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { createShardedChannels } from "../../foundation/redis/sharded-channels.ts";
import { type RedisCluster, startRedisCluster } from "../../launch/redis-server.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import { createSectionWatches } from "./section-watch.ts";
import { best, loadTestSection } from "./test-section.ts";

// A cluster of its own: this test moves a slot.
const folder = mkdtempSync(join(tmpdir(), "onsale-watched-slots-"));
let cluster: RedisCluster;
let redis: Redis;
beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 3, folder, persist: false });
  redis = connectRedis(cluster.urls, pino({ level: "silent" }));
});
afterAll(async () => {
  redis.disconnect();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Master = ReturnType<Redis["nodes"]>[number];

async function moveSlot(key: string): Promise<void> {
  const slot = String(await redis.cluster("KEYSLOT", key));
  const masters = redis.nodes("master");
  const ids = await Promise.all(masters.map((node) => node.call("CLUSTER", "MYID") as Promise<string>));
  const holds = await Promise.all(masters.map((node) => node.call("CLUSTER", "COUNTKEYSINSLOT", slot)));
  const from = holds.findIndex((count) => Number(count) > 0);
  const to = (from + 1) % masters.length;
  const [source, target] = [masters[from] as Master, masters[to] as Master];
  await target.call("CLUSTER", "SETSLOT", slot, "IMPORTING", String(ids[from]));
  await source.call("CLUSTER", "SETSLOT", slot, "MIGRATING", String(ids[to]));
  const keys = (await source.call("CLUSTER", "GETKEYSINSLOT", slot, "100")) as string[];
  await source.call("MIGRATE", "127.0.0.1", String(target.options.port), "", "0", "5000", "KEYS", ...keys);
  for (const node of [target, source, ...masters])
    await node.call("CLUSTER", "SETSLOT", slot, "NODE", String(ids[to]));
}

test("a watch goes on after its section has moved to another master", async () => {
  const { seats, section, claim, ends } = await loadTestSection(redis, [50, 50], [], systemClock);
  const channels = createShardedChannels(redis);
  const logger = pino({ level: "silent" });
  const watches = createSectionWatches({ redis, channels, clock: systemClock, logger, seats });
  const watch = await watches.open(section.eventId, section.id);
  const isSame = async () => {
    const snapshot = await seats.snapshot(section.eventId, section.id);
    return watch?.picture()?.seats.toString("latin1") === snapshot?.seats;
  };
  await claim(best(2));
  await waitFor(isSame, { what: "the claim before" });
  await moveSlot(sectionKeys(section.eventId, section.id).meta);
  // Another process has it now, which sells only what was checked against Postgres.
  expect(await claim(best(2))).toEqual({ outcome: "section_missing" });
  await seats.load(section, [], await ends());
  await waitFor(isSame, { what: "the section as it was built anew", withinMs: 15_000 });
  await claim(best(2));
  await waitFor(isSame, { what: "the first claim after it", withinMs: 15_000 });
  const changes: (readonly number[] | undefined)[] = [];
  watch?.listen(({ seatNumbers }) => changes.push(seatNumbers));
  const { version = 0 } = watch?.picture() ?? {};
  await claim(best(2));
  await waitFor(isSame, { what: "one more claim" });
  expect(watch?.picture()?.version).toBe(version + 1);
  expect(changes).toHaveLength(1);
  await watches.stop();
});
