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

export type DeadLetterCursor = { readonly createdAtUs: bigint; readonly id: string };

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
         (extract(epoch from created_on) * 1000000)::bigint as created_at_us
    from pgboss.job
   where name = '${deadLetterQueue}' and state = 'created'
     and ($1::bigint is null or (created_on, id) < ('epoch'::timestamptz + $1 * interval '1 microsecond', $2::uuid))
   order by created_on desc, id desc limit $3`;

/** The newest first, each with the cursor behind which the next page begins. */
export async function listDeadLetters(
  sql: Sql,
  { after, most }: { after?: DeadLetterCursor | undefined; most: number },
): Promise<(DeadLetter & { readonly cursor: DeadLetterCursor })[]> {
  const found = await sql.query<LetterRow>(listed, [after?.createdAtUs ?? null, after?.id ?? null, most]);
  return found.rows.map(({ id, queue, data, error, retries, created_at_us: createdAtUs }) => ({
    id,
    queue: queue ?? "",
    data,
    error: error ?? "",
    attempts: (retries ?? 0) + 1,
    atMs: Number(createdAtUs / 1_000n),
    cursor: { createdAtUs, id },
  }));
}

type TakenRow = { queue: string; data: JobData[QueueName]; priority: number };

/** Puts it back into the queue that it came from, as a new job, in the caller's transaction. */
export async function retryDeadLetter(
  jobs: Pick<Jobs, "insert">,
  sql: Sql,
  id: string,
): Promise<TakenRow | undefined> {
  const taken = await dismissDeadLetter(sql, id);
  if (taken === undefined) return undefined;
  const { queue, data, priority } = taken;
  if (!isQueue(queue)) throw new Error(`the queue ${queue} of the dead letter ${id} is not there any more`);
  await jobs.insert(sql, queue, [{ data, priority }]);
  return taken;
}

export async function dismissDeadLetter(sql: Sql, id: string): Promise<TakenRow | undefined> {
  const taken = await sql.query<TakenRow>(
    `delete from pgboss.job where name = '${deadLetterQueue}' and id = $1 and state = 'created'
     returning source_name as queue, data, priority`,
    [id],
  );
  return taken.rows[0];
}
