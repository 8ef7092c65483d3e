import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";
import { endProcess, markOf } from "./process-mark.ts";

let folder: string;
let server: PostgresServer | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "onsale-postgres-"));
  chmodSync(folder, 0o755);
});
afterEach(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("what is committed is there after kill -9, even when another process has got the old one's number", async () => {
  server = await startPostgres({ folder, durable: true });
  await query("create table kept (word text)");
  await query("insert into kept values ('kept')");
  await killHard(server.process.pid);
  const lock = join(folder, "data", "postmaster.pid");
  writeFileSync(lock, readFileSync(lock, "utf8").replace(/^\d+/, String(process.ppid)));

  server = await startPostgres({ folder, durable: true });
  expect(await query("select word from kept")).toEqual([{ word: "kept" }]);
});

test("an initialisation that was cut off leaves nothing that a later start takes for a database", async () => {
  mkdirSync(join(folder, "data.draft"));
  writeFileSync(join(folder, "data.draft", "PG_VERSION"), "18\n");
  server = await startPostgres({ folder, durable: false });
  expect(await query("show fsync")).toEqual([{ fsync: "off" }]);
});

test("commits are flushed to disk, and text sorts the same on every machine", async () => {
  server = await startPostgres({ folder, durable: true });
  expect(
    await query("select current_setting('fsync') as fsync, current_setting('synchronous_commit') as sync"),
  ).toEqual([{ fsync: "on", sync: "on" }]);
  const found = await query(
    "select datcollate, pg_encoding_to_char(encoding) as encoding from pg_database where datname = 'onsale'",
  );
  expect(found).toEqual([{ datcollate: "C", encoding: "UTF8" }]);
});

async function killHard(pid: number): Promise<void> {
  const mark = markOf(pid);
  if (mark !== undefined) await endProcess(mark, { signal: "SIGKILL", graceMs: 0 });
}

async function query(text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server?.url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
