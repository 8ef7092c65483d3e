import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventId } from "../../../foundation/ids.ts";
import { inTransaction } from "../../../foundation/postgres/pool.ts";
import { connectRedis, type Redis } from "../../../foundation/redis/connect.ts";
import { type RedisCluster, startRedisCluster } from "../../../launch/redis-server.ts";
import { insertEvent, openShop, type Shop, silent } from "../../../test/harness/shop.ts";
import { waitFor } from "../../../test/harness/wait-for.ts";
import { createCatalogue } from "../catalogue.ts";
import { createChangePublisher } from "./publish-changes.ts";
import { createReadModel } from "./read-model.ts";
import { countUse } from "./test-postgres.ts";

// A cluster of its own: this test stops it, and ends it.
const folder = mkdtempSync(join(tmpdir(), "onsale-model-away-"));
let cluster: RedisCluster;
let redis: Redis;
let shop: Shop;
beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 1, folder, persist: false });
  redis = connectRedis(cluster.urls, silent);
  shop = await openShop();
});
afterAll(async () => {
  redis.disconnect();
  await shop.close();
  await cluster.stop();
  rmSync(folder, { recursive: true });
});

function openProcess() {
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs };
  const postgres = countUse(shop.pool);
  const readModel = createReadModel({ ...shop, pool: postgres.pool, redis });
  return { clock, catalogue: createCatalogue({ ...shop, readModel, clock }), uses: postgres.uses };
}

async function createEvent(): Promise<EventId> {
  const id = await inTransaction(shop.pool, (sql) => insertEvent(sql));
  const readModel = createReadModel({ ...shop, redis });
  const publishChanges = createChangePublisher(readModel);
  const isPublished = async () => {
    await publishChanges();
    const index = await readModel.index();
    return index !== "away" && index.versions.has(id);
  };
  await waitFor(isPublished, { what: "the event in Redis" });
  await readModel.load(id, 1);
  return id;
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ result: Result; tookMs: number }> {
  const startedMs = performance.now();
  return { result: await work(), tookMs: performance.now() - startedMs };
}

test("where Redis hangs, known events are answered at once, after one short wait", async () => {
  const id = await createEvent();
  const { catalogue, clock, uses } = openProcess();
  const known = await catalogue.find(id);
  await redis.nodes("master")[0]?.call("CLIENT", "PAUSE", "2000", "ALL");
  clock.nowMs += 10_000;
  const first = await timed(() => catalogue.find(id));
  clock.nowMs += 10_000;
  const next = await timed(() => catalogue.find(id));
  expect([first.result, next.result]).toEqual([known, known]);
  expect(first.tookMs).toBeLessThan(900);
  expect(next.tookMs).toBeLessThan(100);
  expect(uses()).toEqual({ versions: 0, events: 0 });
});

test("where Redis is away, known events come from memory for 30 s, then as Postgres says, each read once", async () => {
  const [held, other] = [await createEvent(), await createEvent()];
  const { catalogue, clock, uses } = openProcess();
  const known = await catalogue.find(held);
  await cluster.stop();
  await shop.pool.query("update events set title = 'Renamed' where id = any($1)", [[held, other]]);

  clock.nowMs += 29_000;
  expect(await catalogue.find(held)).toBe(known);
  expect(uses()).toEqual({ versions: 0, events: 0 });
  const others = await Promise.all(Array.from({ length: 100 }, () => catalogue.find(other)));
  expect(new Set(others.map((event) => event?.title))).toEqual(new Set(["Renamed"]));
  expect(uses()).toEqual({ versions: 0, events: 1 });

  clock.nowMs += 1_001;
  const after = await Promise.all(Array.from({ length: 100 }, () => catalogue.find(held)));
  expect(new Set(after.map((event) => event?.title))).toEqual(new Set(["Renamed"]));
  expect(uses()).toEqual({ versions: 1, events: 2 });

  const cold = openProcess();
  expect((await cold.catalogue.list()).map((event) => event.id)).toEqual(
    expect.arrayContaining([held, other]),
  );
});
