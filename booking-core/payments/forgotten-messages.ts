import type { Clock } from "../../foundation/clock.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";

/** How long a message may wait for its job, which is tried again ever more rarely while a part of us is away. */
const patienceMs = 10 * 60_000;
const batchSize = 500;

/**
 * A job gives up when Redis or Postgres is away for long; its message does not. Gives messages that still wait a new job,
 * at most one in the time that they may wait.
 */
export async function takeUpForgotten({
  pool,
  jobs,
  clock,
}: {
  readonly pool: Pool;
  readonly jobs: Jobs;
  readonly clock: Clock;
}): Promise<number> {
  return inTransaction(pool, async (sql) => {
    const waiting = await sql.query<{ id: string }>(
      `select id from webhook_inbox where status = 'received' and received_at < $1
        order by received_at limit ${batchSize}`,
      [new Date(clock.now() - patienceMs)],
    );
    const again = waiting.rows.map(({ id: inboxId }) => {
      return {
        data: { inboxIds: [inboxId] },
        once: { key: `forgotten ${inboxId}`, seconds: patienceMs / 1_000 },
      };
    });
    if (again.length > 0) await jobs.insert(sql, "settle-webhook", again);
    return again.length;
  });
}
