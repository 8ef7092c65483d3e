import type { Pool } from "../../foundation/postgres/pool.ts";
import { type Check, type Suspicion, suspicion } from "./report.ts";

/** A check by two statements: how many things there are to look at, and which of them look wrong, with a sentence each. */
export function sqlChecks(pool: Pool) {
  return (invariant: number, promise: string, countSql: string, suspectSql: string): Check => ({
    invariant,
    promise,
    look: () => look(pool, countSql, suspectSql),
  });
}

async function look(pool: Pool, countSql: string, suspectSql: string): Promise<Suspicion> {
  const counted = await pool.query<{ count: bigint }>(`select (${countSql})::bigint as count`);
  const found = await pool.query<{ key: string; sentence: string }>(suspectSql);
  return suspicion(
    Number(counted.rows[0]?.count ?? 0n),
    found.rows.map((row) => [row.key, row.sentence]),
  );
}
