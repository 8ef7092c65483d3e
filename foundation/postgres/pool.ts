import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";

export type Pool = pg.Pool;
export type Connection = pg.PoolClient;
/** What can run a statement: the pool, or the connection of a transaction. */
export type Sql = Pick<pg.Pool, "query">;

const int8Oid = 20;

const statementTimeoutMs = 15_000;
/**
 * The server gives up a statement first, and says so. A connection that stays silent for longer has lost its other
 * end: without this whoever uses it waits for ever, and the pool keeps it (seen: a gateway that read nothing from
 * Postgres any more after its connections had become half-open).
 */
export const silentConnectionMs = statementTimeoutMs + 1_000;
const againAfterMs = 20;
const unanswered = "Query read timeout";

/**
 * On today's disks a page anywhere costs little more than the next one. With Postgres's old guess (4) groups of 200 rows
 * were found by reading tables of 20,000 to their end: settling a payment took 168 µs of Postgres for its tickets alone.
 */
export const plannerOptions = "-c random_page_cost=1.1";

/** Every bigint column is read as a JavaScript bigint: money never passes through a float. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === int8Oid && format !== "binary" ? BigInt : pg.types.getTypeParser(oid, format as "text"),
};

/** `isPatient`: statements may take as long as they need, as those of a migration do. */
export function createPool(
  databaseUrl: string,
  connections: number,
  { isPatient = false }: { isPatient?: boolean } = {},
): Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: connections,
    types,
    connectionTimeoutMillis: 3_000,
    idle_in_transaction_session_timeout: 15_000,
    ...(isPatient ? {} : { statement_timeout: statementTimeoutMs, query_timeout: silentConnectionMs }),
    keepAlive: true,
    options: plannerOptions,
    application_name: "onsale",
  });
  // For as long as the connection lives: it can die between two messages of one packet, before whoever waits for it
  // has it (seen: a gateway that ended as Postgres was killed). What uses it then fails by itself.
  pool.on("connect", (connection) => connection.on("error", ignore));
  // A connection that dies while nobody uses it is replaced; without a listener its error would end the process.
  return pool.on("error", ignore);
}

/** Runs `work` in one transaction; any throw rolls it back. A connection that cannot roll back is dropped. */
export function inTransaction<Result>(pool: Pool, work: Work<Result>): Promise<Result> {
  return onConnection(pool, (connection, drop) => transactionOn(connection, work, drop));
}

/**
 * As `inTransaction`, up to twice more where Postgres ended it because two waited for each other in a circle (40P01), or
 * could not put them in an order (40001): nothing of it is left. A moment later the other has gone on; at once we could be
 * there before it once more.
 */
export async function inTransactionAgain<Result>(pool: Pool, work: Work<Result>): Promise<Result> {
  for (let triesLeft = 2; ; triesLeft -= 1) {
    try {
      return await inTransaction(pool, work);
    } catch (error) {
      if (triesLeft === 0 || !isInTheWay(error)) throw error;
    }
    await pause(againAfterMs * (1 + Math.random()));
  }
}

function isInTheWay(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === "40P01" || error.code === "40001");
}

/**
 * Runs `work` while nobody else has the lock of this name, outside of a transaction: it may commit more than once.
 * The lock ends with the connection at the latest.
 */
export function withLock<Result>(pool: Pool, name: string, work: Work<Result>): Promise<Result> {
  return onConnection(pool, async (connection, drop) => {
    await connection.query("select pg_advisory_lock(hashtextextended($1, 0))", [name]);
    try {
      return await work(connection);
    } finally {
      await connection.query("select pg_advisory_unlock(hashtextextended($1, 0))", [name]).catch(drop);
    }
  });
}

type Work<Result> = (connection: Connection) => Promise<Result>;
type Drop = (failure: Error) => void;

/** The same on a connection that the caller has; `drop` hears when it could not be rolled back. */
export async function transactionOn<Result>(
  connection: Connection,
  work: Work<Result>,
  drop: Drop = ignore,
): Promise<Result> {
  try {
    await connection.query("begin");
    const result = await work(connection);
    await connection.query("commit");
    return result;
  } catch (error) {
    if (isUnanswered(error)) drop(error);
    else await connection.query("rollback").catch(drop);
    throw error;
  }
}

async function onConnection<Result>(
  pool: Pool,
  work: (connection: Connection, drop: Drop) => Promise<Result>,
): Promise<Result> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  try {
    return await work(connection, (failure) => {
      broken = failure;
    });
  } finally {
    connection.release(broken);
  }
}

function isUnanswered(error: unknown): error is Error {
  return error instanceof Error && error.message === unanswered;
}

function ignore(): void {}
