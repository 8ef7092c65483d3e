import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type pg from "pg";
import { migrateJobs } from "../jobs/schema.ts";
import { createPool } from "./pool.ts";

const folder = fileURLToPath(new URL("../../migrations/", import.meta.url));
const filePattern = /^\d{4}-[a-z0-9-]+\.sql$/;
/** Any number of processes may migrate at once: this advisory lock lets one in at a time. */
const migrationLock = 7_262_531;

/** Brings the database to the newest schema, pg-boss's tables and queues included. Says what it applied. */
export async function migrateDatabase(databaseUrl: string): Promise<string[]> {
  const pool = createPool(databaseUrl, 2, { isPatient: true });
  const connection = await pool.connect();
  try {
    await connection.query("select pg_advisory_lock($1)", [migrationLock]);
    const applied = await applyAll(connection);
    await migrateJobs(databaseUrl);
    return applied;
  } finally {
    connection.release(true);
    await pool.end();
  }
}

async function applyAll(connection: pg.PoolClient): Promise<string[]> {
  await connection.query(
    "create table if not exists migrations (name text primary key, sha256 text not null, applied_at timestamptz not null default now())",
  );
  const known = await connection.query<{ name: string; sha256: string }>(
    "select name, sha256 from migrations",
  );
  const hashes = new Map(known.rows.map((row) => [row.name, row.sha256]));
  const applied: string[] = [];
  for (const name of await migrationFiles()) {
    if (await applyOne(connection, name, hashes.get(name))) applied.push(name);
  }
  return applied;
}

async function applyOne(
  connection: pg.PoolClient,
  name: string,
  knownHash: string | undefined,
): Promise<boolean> {
  const text = await readFile(`${folder}${name}`, "utf8");
  const sha256 = createHash("sha256").update(text).digest("hex");
  if (knownHash === sha256) return false;
  if (knownHash !== undefined)
    throw new Error(`The migration ${name} was changed after it was applied; write a new one.`);
  await connection.query("begin");
  await connection.query(text);
  await connection.query("insert into migrations (name, sha256) values ($1, $2)", [name, sha256]);
  await connection.query("commit");
  return true;
}

export async function migrationFiles(): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const odd = names.find((name) => !filePattern.test(name));
  if (odd !== undefined) throw new Error(`The migration ${odd} is not named like 0001-what-it-does.sql.`);
  return names;
}
