import pg from "pg";

export type Pool = pg.Pool;
export type Connection = pg.PoolClient;
/** What can run a statement: the pool, or the connection of a transaction. */
export type Sql = Pick<pg.Pool, "query">;

const int8Oid = 20;

/** Every bigint column is read as a JavaScript bigint: money never passes through a float. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === int8Oid && format !== "binary" ? BigInt : pg.types.getTypeParser(oid, format as "text"),
};

export function createPool(databaseUrl: string, connections: number): Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: connections,
    types,
    connectionTimeoutMillis: 3_000,
    idle_in_transaction_session_timeout: 15_000,
    statement_timeout: 15_000,
    keepAlive: true,
    application_name: "onsale",
  });
  // A connection that dies while nobody uses it is replaced; without a listener its error would end the process.
  return pool.on("error", ignore);
}

/** Runs `work` in one transaction; any throw rolls it back. A connection that cannot roll back is dropped. */
export async function inTransaction<Result>(
  pool: Pool,
  work: (sql: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  // The query under way fails by itself; without a listener the same error would end the process as well.
  connection.on("error", ignore);
  try {
    await connection.query("begin");
    const result = await work(connection);
    await connection.query("commit");
    return result;
  } catch (error) {
    await connection.query("rollback").catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    connection.off("error", ignore);
    connection.release(broken);
  }
}

function ignore(): void {}
