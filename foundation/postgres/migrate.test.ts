import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { expect, inject, onTestFinished, test } from "vitest";
import { databaseForThisTest } from "../../test/harness/database.ts";
import { migrateDatabase, migrationFiles } from "./migrate.ts";
import { createPool } from "./pool.ts";
import { dumpSchema } from "./schema-dump.ts";

const dumpFile = fileURLToPath(new URL("../../migrations/schema.txt", import.meta.url));

async function emptyDatabase(): Promise<string> {
  const name = `empty_${randomUUID().replaceAll("-", "")}`;
  const administrator = new URL(inject("postgresUrl"));
  administrator.pathname = "/postgres";
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: administrator.href });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await run(`create database ${name}`);
  onTestFinished(() => run(`drop database ${name} with (force)`));
  const empty = new URL(administrator);
  empty.pathname = `/${name}`;
  return empty.href;
}

test("five processes that migrate at once apply each migration once", async () => {
  const url = await emptyDatabase();
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrateDatabase(url)));
  expect(applied.flat().sort()).toEqual(await migrationFiles());
  expect(await migrateDatabase(url)).toEqual([]);
});

test("migrations are numbered without gaps", async () => {
  const numbers = (await migrationFiles()).map((name) => Number(name.slice(0, 4)));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});

test("a migration that was changed after it was applied is refused", async () => {
  const url = await databaseForThisTest();
  const pool = createPool(url, 1);
  await pool.query("update migrations set sha256 = 'another' where name like '0001-%'");
  await pool.end();
  await expect(migrateDatabase(url)).rejects.toThrow("was changed after it was applied");
});

test("a migration that fails leaves nothing of itself, and the next try begins where it was", async () => {
  const url = await emptyDatabase();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // Stands in the way of a table of the first migration, behind others of it.
  await client.query("create table tickets (in_the_way int)");
  await expect(migrateDatabase(url)).rejects.toThrow("tickets");
  expect((await client.query("select to_regclass('bookings') as found")).rows).toEqual([{ found: null }]);
  await client.query("drop table tickets");
  await client.end();
  expect(await migrateDatabase(url)).toEqual(await migrationFiles());
});

// After a new migration: UPDATE_SCHEMA=1 npm test -- foundation/postgres
test("migrations/schema.txt is the schema that the migrations lead to", async () => {
  const pool = createPool(await databaseForThisTest(), 1);
  const dumped = await dumpSchema(pool);
  await pool.end();
  if (process.env["UPDATE_SCHEMA"] !== undefined) writeFileSync(dumpFile, dumped);
  expect(dumped).toBe(readFileSync(dumpFile, "utf8"));
});
