import { createHash, randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { expect, inject, onTestFinished, test } from "vitest";
import { databaseForThisTest } from "../../test/harness/database.ts";
import { migrateDatabase, migrationFiles } from "./migrate.ts";
import { createPool } from "./pool.ts";
import { dumpSchema } from "./schema-dump.ts";

const migrationsFolder = new URL("../../migrations/", import.meta.url);
const dumpFile = fileURLToPath(new URL("schema.txt", migrationsFolder));

const sha256OfFile = (file: URL) => createHash("sha256").update(readFileSync(file)).digest("hex");

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

/** What is published stays as it is: databases out there have it already, and refuse to start with another text. */
const published = {
  "0001-foundation.sql": "f1b8fe67a23b994d7aa8908a0aeb03bc439242612ec3b26bd016325cac479f41",
  "0002-rooms.sql": "1dfde97397698ced49006941ab8155342cb2d88a9668f0c96f9eccd3ae1b4a2f",
  "0003-seats.sql": "0c98c321a4c39b37441abfaf5c3a3384f83097a7810d8d74735e9697625dfbb8",
  "0004-event-versions.sql": "3be73e835f67fef43b5dbeeef64a257d6f8d90a8ac66405b1d9b8356ff46e993",
  "0005-money.sql": "d0a129aae0c1f45fb449a52c7940e0750fd0debe402267cf28399da67cbb6abd",
  "0006-stuck-money.sql": "16dc1d7e2ec6fcf13d355b325d0e47d7c14a0dff2f6d48e538ebdb44a15cb7e5",
  "0007-asked-again.sql": "77450b3084f7c9edfddbe5f65cdb67f843d034ff88ccc2b1cbb9c2785367c1a6",
};

test("a published migration is never changed", async () => {
  const hashes = Object.keys(published).map((name) => [name, sha256OfFile(new URL(name, migrationsFolder))]);
  expect(Object.fromEntries(hashes)).toEqual(published);
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
