import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startJobs } from "../../foundation/jobs/boss.ts";
import { createPool } from "../../foundation/postgres/pool.ts";
import { connectRedis } from "../../foundation/redis/connect.ts";
import { startRedisCluster } from "../../launch/redis-server.ts";
import {
  best,
  bookRequest,
  lettersIn,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  silent,
} from "../../test/harness/shop.ts";
import { proxyForThisTest } from "../../test/harness/tcp-proxy.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { createSeatEngine } from "../seats/seat-engine.ts";
import { type Bookings, createBookings } from "./bookings.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** Buyers who come while a part is away, and again and again once it is back. */
const withinMs = 2_000;
const atOnceMs = 1_000;

async function bookMany(bookings: Bookings, event: OnsaleEvent, buyers: number) {
  const startedAt = performance.now();
  const booked = await Promise.all(
    Array.from({ length: buyers }, () => bookings.book(bookRequest(event, best(1)))),
  );
  return { outcomes: new Set(booked.map(({ outcome }) => outcome)), tookMs: performance.now() - startedAt };
}

async function bookedWithin(bookings: Bookings, event: OnsaleEvent): Promise<void> {
  const isBooked = async () => (await bookings.book(bookRequest(event, best(1)))).outcome === "booked";
  await waitFor(isBooked, { what: "a booking after the outage", withinMs });
}

type Proxy = Awaited<ReturnType<typeof proxyForThisTest>>;

/** Postgres goes, as soon as that is seen buyers are turned away at once, and it comes back. */
async function loseAndFindPostgres(lose: (proxy: Proxy) => void, isSeen: "at once" | "by the first") {
  const event = await openEvent(shop, { sections: [rowsOf(20, 20)] });
  const proxy = await proxyForThisTest(shop.databaseUrl);
  const pool = createPool(proxy.url, 4);
  const jobs = await startJobs(shop.databaseUrl, silent, { work: false });
  const bookings = createBookings({ ...shop, pool, jobs });
  expect((await bookMany(bookings, event, 5)).outcomes).toEqual(new Set(["booked"]));
  lose(proxy);
  if (isSeen === "by the first")
    expect((await bookMany(bookings, event, 5)).outcomes).toEqual(new Set(["unavailable"]));
  const { outcomes, tookMs } = await bookMany(bookings, event, 20);
  expect(outcomes).toEqual(new Set(["unavailable"]));
  expect(tookMs).toBeLessThan(atOnceMs);
  // Nobody's seats stay held.
  expect((await lettersIn(shop, event))?.replaceAll("f", "")).toBe("h".repeat(5));
  proxy.mend();
  await bookedWithin(bookings, event);
  expect((await bookMany(bookings, event, 34)).outcomes).toEqual(new Set(["booked"]));
  await bookings.drain();
  await jobs.stop();
  await pool.end();
}

test("Postgres away: buyers are turned away at once and no seat stays held; back, they book within 2 s", () =>
  loseAndFindPostgres((proxy) => proxy.cut(), "at once"));

test(
  "Postgres hangs: once that is seen buyers are turned away at once; back, they book within 2 s",
  () => loseAndFindPostgres((proxy) => proxy.hang(), "by the first"),
  20_000,
);

test("Redis away: buyers are turned away at once; back and empty, they book within 2 s what is left", async () => {
  const folder = mkdtempSync(join(tmpdir(), "onsale-recovery-"));
  const settings = { masters: 1, folder, persist: false };
  let cluster = await startRedisCluster(settings);
  const redis = connectRedis(cluster.urls, silent);
  try {
    const event = await openEvent(shop, { sections: [rowsOf(10)] });
    const seats = createSeatEngine({ redis, clock: shop.clock });
    const bookings = createBookings({ ...shop, seats });
    expect((await bookMany(bookings, event, 4)).outcomes).toEqual(new Set(["booked"]));
    await cluster.stop();
    // The client has noticed when it refuses by itself.
    await waitFor(async () => (await bookMany(bookings, event, 1)).tookMs < atOnceMs, {
      what: "the loss to be seen",
    });
    const { outcomes, tookMs } = await bookMany(bookings, event, 20);
    expect(outcomes).toEqual(new Set(["unavailable"]));
    expect(tookMs).toBeLessThan(atOnceMs);
    cluster = await startRedisCluster({ ...settings, ports: cluster.nodes.map(({ port }) => port) });
    await bookedWithin(bookings, event);
    expect((await bookMany(bookings, event, 5)).outcomes).toEqual(new Set(["booked"]));
    expect((await bookMany(bookings, event, 1)).outcomes).toEqual(new Set(["sold_out"]));
  } finally {
    redis.disconnect();
    await cluster.stop();
    rmSync(folder, { recursive: true });
  }
});
