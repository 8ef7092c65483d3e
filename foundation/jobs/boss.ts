import { type Db, PgBoss } from "pg-boss";
import type { Logger } from "../log.ts";
import type { Sql } from "../postgres/pool.ts";
import type { JobData, QueueName } from "./queues.ts";

export type Jobs = {
  /** Inserts jobs through `sql`, so that they commit or vanish with the caller's transaction. */
  insert<Name extends QueueName>(sql: Sql, name: Name, jobs: readonly NewJob<Name>[]): Promise<void>;
  /** Runs `handle` for each job of a queue; a throw retries that job alone. */
  work<Name extends QueueName>(
    name: Name,
    options: WorkOptions,
    handle: (data: JobData[Name]) => Promise<void>,
  ): Promise<void>;
  /** Rejects when the queue cannot be reached. */
  check(): Promise<void>;
  stop(): Promise<void>;
};

export type NewJob<Name extends QueueName> = { data: JobData[Name]; startAfter?: Date };
export type WorkOptions = { concurrency: number };

const superviseSeconds = 5;

/** The schema is migrated beforehand (`foundation/postgres/migrate.ts`); here pg-boss only works with it. */
export async function startJobs(
  databaseUrl: string,
  logger: Logger,
  options: { work: boolean },
): Promise<Jobs> {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    migrate: false,
    supervise: options.work,
    // How often jobs of dead workers are looked for. With pg-boss's minute, a payment whose worker was killed
    // took 66 s to its tickets, and could take two minutes.
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
    schedule: false,
    useListenNotify: options.work,
    max: 6,
  });
  boss.on("error", (error) => logger.error({ err: error }, "pg-boss reports an error"));
  boss.on("warning", (warning) => logger.warn({ warning }, "pg-boss warns"));
  await boss.start();
  return {
    insert: async (sql, name, jobs) => {
      await boss.insert(name, jobs.map(toInsert), { db: adapt(sql) });
    },
    work: async (name, { concurrency }, handle) => {
      await boss.work<JobData[typeof name]>(
        name,
        {
          localConcurrency: concurrency,
          pollingIntervalSeconds: 0.5,
          notifyPollingIntervalSeconds: 2,
          batchSize: 1,
        },
        async ([job]) => {
          if (job !== undefined) await handle(job.data);
        },
      );
    },
    check: async () => {
      await boss.getDb().executeSql("select 1 from pgboss.version limit 1");
    },
    stop: async () => boss.stop({ graceful: true, timeout: 2_500 }),
  };
}

function toInsert<Name extends QueueName>(job: NewJob<Name>): { data: JobData[Name]; startAfter?: Date } {
  return job.startAfter === undefined ? { data: job.data } : { data: job.data, startAfter: job.startAfter };
}

function adapt(sql: Sql): Db {
  return { executeSql: async (text, values) => sql.query(text, values === undefined ? [] : [...values]) };
}
