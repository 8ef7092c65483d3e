import { type Db, type JobInsert, PgBoss } from "pg-boss";
import { systemClock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { plannerOptions, type Sql, silentConnectionMs } from "../postgres/pool.ts";
import { goFirst, goLater, type JobData, type QueueName } from "./queues.ts";
import { type HandleGroup, runGroup, runOne } from "./run-jobs.ts";
import { createTurns, type Turns } from "./turns.ts";

export type Jobs = {
  /** Inserts jobs through `sql`, so that they commit or vanish with the caller's transaction. */
  insert<Name extends QueueName>(sql: Sql, name: Name, jobs: readonly NewJob<Name>[]): Promise<void>;
  /** Runs `handle` for each job of a queue; a throw retries that job alone. */
  work<Name extends QueueName>(
    name: Name,
    options: WorkOptions,
    handle: (data: JobData[Name]) => Promise<void>,
  ): Promise<void>;
  /** Hands jobs over in groups, for one transaction; the failed ones alone are retried. */
  workGroups<Name extends QueueName>(
    name: Name,
    options: GroupOptions,
    handle: HandleGroup<JobData[Name]>,
  ): Promise<void>;
  /** Rejects when the queue cannot be reached. */
  check(): Promise<void>;
  stop(): Promise<void>;
};

export type NewJob<Name extends QueueName> = {
  data: JobData[Name];
  startAfter?: Date;
  /** Of the jobs of one queue, those of a higher priority go first; 0 without. */
  priority?: number;
  /** Of the jobs with one key that are inserted in a span of so many seconds, the first is there and no other. */
  once?: { key: string; seconds: number };
};
/** How many jobs of a queue run at once in this process. */
export type WorkOptions = { concurrency: number };
/** How many jobs make a group at most, and how many groups run at once in this process. */
export type GroupOptions = { groupSize: number; concurrency: number };

const superviseSeconds = 5;
/** Two batches of a queue run side by side, so that a slow job holds up only half of what can run. */
const batchesAtOnce = 2;

/**
 * After a full batch the next is fetched at once. Fetched one by one, jobs that were inserted together waited
 * for the next look at the queue: 4 workers did 2 jobs a second. Measured with 200 jobs that do nothing: not
 * done after 10 s; in batches done after 0.12 s.
 */
const batchOptions = {
  burstWhenBatchFull: true,
  perJobResults: true,
  pollingIntervalSeconds: 0.5,
  notifyPollingIntervalSeconds: 2,
} as const;
type BatchOptions = typeof batchOptions & { batchSize: number; localConcurrency: number };

/** The schema is migrated beforehand (`foundation/postgres/migrate.ts`); here pg-boss only works with it. */
export async function startJobs(
  databaseUrl: string,
  logger: Logger,
  options: { work: boolean },
): Promise<Jobs> {
  const settings = {
    // pg-boss hands it to pg: without it a half-open connection holds up its queue for ever.
    query_timeout: silentConnectionMs,
    connectionString: databaseUrl,
    options: plannerOptions,
    migrate: false,
    supervise: options.work,
    // How often jobs of dead workers are looked for. With pg-boss's minute, a payment whose worker was killed
    // took 66 s to its tickets, and could take two minutes.
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
    schedule: false,
    useListenNotify: options.work,
    max: 6,
  };
  const boss = new PgBoss(settings);
  boss.on("error", (error) => logger.error({ err: error }, "pg-boss reports an error"));
  boss.on("warning", (warning) => logger.warn({ warning }, "pg-boss warns"));
  await boss.start();
  const turns = createTurns(systemClock);
  const turnOf = (name: QueueName) => turnIn(turns, name);
  return {
    insert: async (sql, name, jobs) => {
      await boss.insert(name, jobs.map(toInsert), { db: adapt(sql) });
    },
    work: async (name, { concurrency }, handle) => {
      const batchSize = Math.max(2, Math.ceil(concurrency / batchesAtOnce));
      await boss.work<JobData[typeof name], unknown, BatchOptions>(
        name,
        { ...batchOptions, batchSize, localConcurrency: batchesAtOnce },
        (batch) => Promise.all(batch.map((job) => turnOf(name)(() => runOne(logger, job, handle)))),
      );
    },
    workGroups: async (name, { groupSize, concurrency }, handle) => {
      await boss.work<JobData[typeof name], unknown, BatchOptions>(
        name,
        { ...batchOptions, batchSize: groupSize, localConcurrency: concurrency },
        (group) => turnOf(name)(() => runGroup(logger, group, handle)),
      );
    },
    check: async () => {
      await boss.getDb().executeSql("select 1 from pgboss.version limit 1");
    },
    stop: async () => boss.stop({ graceful: true, timeout: 2_500 }),
  };
}

function turnIn(turns: Turns, name: QueueName): Turns["first"] {
  if (goFirst.has(name)) return turns.first;
  return goLater.has(name) ? turns.later : (work) => work();
}

function toInsert<Name extends QueueName>({
  data,
  startAfter,
  priority,
  once,
}: NewJob<Name>): JobInsert<JobData[Name]> {
  return {
    data,
    ...(startAfter === undefined ? {} : { startAfter }),
    ...(priority === undefined ? {} : { priority }),
    ...(once === undefined ? {} : { singletonKey: once.key, singletonSeconds: once.seconds }),
  };
}

function adapt(sql: Sql): Db {
  return { executeSql: async (text, values) => sql.query(text, values === undefined ? [] : [...values]) };
}
