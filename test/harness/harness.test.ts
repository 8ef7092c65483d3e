import pg from "pg";
import { expect, test } from "vitest";
import { databaseForThisTest } from "./database.ts";
import { connectTestRedis } from "./redis.ts";
import { waitFor } from "./wait-for.ts";

test("a test's database is migrated and its own", async () => {
  const [first, second] = [await databaseForThisTest(), await databaseForThisTest()];
  expect(first).not.toBe(second);
  const client = new pg.Client({ connectionString: first });
  await client.connect();
  const tables = await client.query(
    "select to_regclass('bookings') as ours, to_regclass('pgboss.job') as jobs",
  );
  await client.end();
  expect(tables.rows[0]).toEqual({ ours: "bookings", jobs: "pgboss.job" });
});

test("the shared Redis is a real cluster of three masters that refuses keys of two slots", async () => {
  const redis = connectTestRedis();
  await redis.set("{a}", "1");
  expect(redis.nodes("master")).toHaveLength(3);
  await expect(redis.mget("{a}", "{b}")).rejects.toThrow("CROSSSLOT");
  redis.disconnect();
});

test("waiting in vain fails with what it waited for", async () => {
  await expect(waitFor(() => false, { what: "the impossible", withinMs: 50 })).rejects.toThrow(
    "the impossible",
  );
});
