import type { Pool } from "../../foundation/postgres/pool.ts";

export type MortalPool = { readonly pool: Pool; readonly hasDied: () => boolean };

/** The pool of a worker that dies: at the statement of this number in its transactions Postgres ends its connection. */
export function mortalPool(pool: Pool, dyingAt: number): MortalPool {
  let statements = 0;
  const connect = async () => {
    const connection = await pool.connect();
    const { processID } = connection as unknown as { processID: number };
    const query = async (statement: string | { text: string }, values?: unknown[]) => {
      statements += 1;
      if (statements === dyingAt) await pool.query("select pg_terminate_backend($1)", [processID]);
      if (statements >= dyingAt) throw new Error("the worker is dead");
      return connection.query(statement as string, values);
    };
    return { query, release: (broken?: Error) => connection.release(broken ?? statements >= dyingAt) };
  };
  const hasDied = () => statements >= dyingAt;
  // Outside of transactions too the dead do nothing.
  const query = async (text: string, values?: unknown[]) => {
    if (hasDied()) throw new Error("the worker is dead");
    return pool.query(text, values);
  };
  return { pool: { connect, query } as unknown as Pool, hasDied };
}

/** Does the work again and again, each time by a worker that dies a statement later, until one outlives it. */
export async function dyingAtEachStatement(
  pool: Pool,
  work: (pool: Pool) => Promise<unknown>,
): Promise<number> {
  for (let dyingAt = 1; ; dyingAt += 1) {
    const mortal = mortalPool(pool, dyingAt);
    const failure = await work(mortal.pool).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (mortal.hasDied()) continue;
    if (failure !== undefined) throw failure;
    return dyingAt - 1;
  }
}
