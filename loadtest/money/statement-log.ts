import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Storage } from "./till.ts";

/** What our servers call themselves on their connections; the job queue's own look for work has another name. */
const ours = "onsale";

/** How many statements our servers send to Postgres during `work`, by Postgres's own log of every one. */
export async function statementsDuring<Result>(
  { pool, folder }: Pick<Storage, "pool" | "folder">,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly statements: number }> {
  const log = join(folder, "postgres", "postgres.log");
  await setLogging(pool, "all");
  const from = statSync(log).size;
  const result = await work();
  const lines = readFileSync(log).subarray(from).toString().split("\n");
  await setLogging(pool, "none");
  const isOurs = (line: string) => line.startsWith(`${ours} `) && /(statement|execute [^:]*): /.test(line);
  return { result, statements: lines.filter(isOurs).length };
}

/** In force for all sessions once it is seen in one that was there before. */
async function setLogging(pool: Pool, what: "all" | "none"): Promise<void> {
  await pool.query(`alter system set log_statement = '${what}'`);
  await pool.query("alter system set log_line_prefix = '%a '");
  await pool.query("select pg_reload_conf()");
}
