import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import pg from "pg";
import { inject, onTestFinished } from "vitest";

/** An empty database for one test, to be filled as an older version would have. */
export async function formerDatabase(): Promise<string> {
  const name = `former_${randomUUID().replaceAll("-", "")}`;
  const url = new URL(inject("postgresUrl"));
  url.pathname = "/postgres";
  const administrator = new pg.Client({ connectionString: url.href });
  await administrator.connect();
  await administrator.query(`create database ${name}`);
  onTestFinished(async () => {
    await administrator.query(`drop database ${name} with (force)`);
    await administrator.end();
  });
  url.pathname = `/${name}`;
  return url.href;
}

export async function migrateBy(client: pg.Client, ...files: readonly string[]): Promise<void> {
  for (const file of files)
    await client.query(readFileSync(new URL(`../../migrations/${file}`, import.meta.url), "utf8"));
}
