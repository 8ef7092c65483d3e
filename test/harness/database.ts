import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject, onTestFinished } from "vitest";

const templateName = "onsale";

/** A database of its own for a test file: a copy of the migrated template. Dropped by `drop`. */
export async function createTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  await asAdministrator((client) => client.query(`create database ${name} template ${templateName}`));
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  const drop = async () => {
    await asAdministrator((client) => client.query(`drop database if exists ${name} with (force)`));
  };
  return { url: url.href, drop };
}

/** The same for one test alone; dropped when the test ends. */
export async function databaseForThisTest(): Promise<string> {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  return database.url;
}

/** Not connected to the template: Postgres copies only a database that nobody uses. */
async function asAdministrator(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const url = new URL(inject("postgresUrl"));
  url.pathname = "/postgres";
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
