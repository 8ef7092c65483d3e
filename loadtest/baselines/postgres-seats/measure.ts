import { startMetered } from "../../bench/metered-process.ts";
import { type LoadOptions, type Measured, measure, type Request } from "../../measure.ts";
import type { Locking } from "./book.ts";

export type PostgresSeats = {
  readonly databaseUrl: string;
  readonly locking: Locking;
  readonly connections: number;
};

/** In a process of its own that is gone afterwards; the rows that it took stay taken. */
export async function measurePostgresSeats(
  { databaseUrl, locking, connections }: PostgresSeats,
  options: LoadOptions,
  next: () => Request,
): Promise<Measured> {
  const server = await startMetered("loadtest/baselines/postgres-seats/server.ts", {
    DATABASE_URL: databaseUrl,
    DATABASE_CONNECTIONS: String(connections),
    LOCKING: locking,
  });
  try {
    return await measure(`http://127.0.0.1:${server.ready["port"]}`, options, next);
  } finally {
    await server.stop();
  }
}
