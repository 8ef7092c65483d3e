import { createPool } from "../../foundation/postgres/pool.ts";

/** A copy of the database, on which a baseline works; nobody may be connected to the original meanwhile. */
export async function copyDatabase(databaseUrl: string, name: string): Promise<string> {
  const from = new URL(databaseUrl).pathname.slice(1);
  const url = new URL(databaseUrl);
  url.pathname = "/postgres";
  const pool = createPool(url.href, 1, { isPatient: true });
  try {
    await pool.query(`create database ${name} template ${from}`);
  } finally {
    await pool.end();
  }
  url.pathname = `/${name}`;
  return url.href;
}
