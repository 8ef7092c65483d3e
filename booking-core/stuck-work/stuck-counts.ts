import type { Clock } from "../../foundation/clock.ts";
import { deadLetterQueue } from "../../foundation/jobs/queues.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { waitsForPeople } from "./parked-payments.ts";

/** How much waits for people. */
export type StuckCounts = {
  readonly deadLetters: number;
  readonly parkedWebhooks: number;
  readonly parkedPayments: number;
  readonly parkedRefunds: number;
  readonly failedEmails: number;
};

/** However often it is asked, Postgres is not asked more often. */
const freshMs = 15_000;

const statement = `
  select (select count(*)::int from pgboss.job where name = '${deadLetterQueue}' and state = 'created') as "deadLetters",
         (select count(*)::int from webhook_inbox where status = 'parked') as "parkedWebhooks",
         (select count(*)::int from payments where ${waitsForPeople}) as "parkedPayments",
         (select count(*)::int from refunds where status <> 'done' and status = 'parked') as "parkedRefunds",
         (select count(*)::int from notifications where status = 'failed') as "failedEmails"`;

export function createStuckCounts({ pool, clock }: { pool: Pool; clock: Clock }): () => Promise<StuckCounts> {
  let asked: { readonly atMs: number; readonly counts: Promise<StuckCounts> } | undefined;
  return () => {
    if (asked === undefined || clock.now() - asked.atMs >= freshMs)
      asked = { atMs: clock.now(), counts: count(pool) };
    return asked.counts;
  };
}

async function count(pool: Pool): Promise<StuckCounts> {
  const found = await pool.query<StuckCounts>(statement);
  const [row] = found.rows;
  if (row === undefined) throw new Error("a count without a row");
  return row;
}
