import type { Pool } from "../../../foundation/postgres/pool.ts";

/** The pool, and how often versions were asked of it, or a whole event (which takes a transaction). */
export function countUse(pool: Pool) {
  const uses = { versions: 0, events: 0 };
  const counted = {
    query: (...args: Parameters<Pool["query"]>) => {
      uses.versions += 1;
      return pool.query(...args);
    },
    connect: () => {
      uses.events += 1;
      return pool.connect();
    },
  };
  return { pool: counted as unknown as Pool, uses: () => ({ ...uses }) };
}
