import { behindCursor, cursorColumn, cursorValues, type Page, type PageRequest, pageOf } from "../pages.ts";
import type { Sql } from "../postgres/pool.ts";
import type { Jobs } from "./boss.ts";
import { deadLetterQueue, isQueue, type JobData, type QueueName } from "./queues.ts";

/** A job that has failed as often as its queue lets it. */
export type DeadLetter = {
  readonly id: string;
  readonly queue: string;
  readonly data: unknown;
  /** What it failed of, the last time. */
  readonly error: string;
  readonly attempts: number;
  readonly atMs: number;
};

type LetterRow = {
  id: string;
  queue: string | null;
  data: unknown;
  error: string | null;
  retries: number | null;
  created_at_us: bigint;
};

const listed = `
  select id, source_name as queue, data, source_retry_count as retries, source_output->>'message' as error,
         ${cursorColumn("created_on")}
    from pgboss.job
   where name = '${deadLetterQueue}' and state = 'created' and ${behindCursor("created_on", "id", 1)}
   order by created_on desc, id desc limit $3`;

/** The newest first. */
export async function listDeadLetters(sql: Sql, request: PageRequest): Promise<Page<DeadLetter>> {
  const found = await sql.query<LetterRow>(listed, cursorValues(request));
  return pageOf(found.rows, request.limit, ({ id, queue, data, error, retries, created_at_us }) => ({
    id,
    queue: queue ?? "",
    data,
    error: error ?? "",
    attempts: (retries ?? 0) + 1,
    atMs: Number(created_at_us / 1_000n),
  }));
}

export type TakenLetter = {
  readonly queue: string;
  readonly data: JobData[QueueName];
  readonly priority: number;
};

/** Puts it back into the queue that it came from, as a new job, in the caller's transaction. */
export async function retryDeadLetter(
  jobs: Pick<Jobs, "insert">,
  sql: Sql,
  id: string,
): Promise<TakenLetter | undefined> {
  const taken = await dismissDeadLetter(sql, id);
  if (taken === undefined) return undefined;
  const { queue, data, priority } = taken;
  if (!isQueue(queue)) throw new Error(`the queue ${queue} of the dead letter ${id} is not there any more`);
  await jobs.insert(sql, queue, [{ data, priority }]);
  return taken;
}

export async function dismissDeadLetter(sql: Sql, id: string): Promise<TakenLetter | undefined> {
  const taken = await sql.query<TakenLetter>(
    `delete from pgboss.job where name = '${deadLetterQueue}' and id = $1 and state = 'created'
     returning source_name as queue, data, priority`,
    [id],
  );
  return taken.rows[0];
}
