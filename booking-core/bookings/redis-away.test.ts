import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectRedis, type Redis } from "../../foundation/redis/connect.ts";
import { type RedisCluster, startRedisCluster } from "../../launch/redis-server.ts";
import { best, bookRequest, openEvent, openShop, type Shop, silent } from "../../test/harness/shop.ts";
import { createSeatEngine } from "../seats/seat-engine.ts";
import { createBookings } from "./bookings.ts";

// A cluster of its own: this test ends it.
const folder = mkdtempSync(join(tmpdir(), "onsale-redis-away-"));
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

test("where Redis is away, a booking is unavailable and nothing is written", async () => {
  const event = await openEvent(shop);
  const bookings = createBookings({ ...shop, seats: createSeatEngine({ redis, clock: shop.clock }) });
  const book = () => bookings.book(bookRequest(event, best(1)));
  expect((await book()).outcome).toBe("booked");
  await cluster.stop();
  expect(await book()).toEqual({ outcome: "unavailable" });
  const written = await shop.pool.query("select from bookings where event_id = $1", [event.id]);
  expect(written.rowCount).toBe(1);
});
