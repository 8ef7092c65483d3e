import { limits } from "../../../foundation/limits.ts";
import { createPool, inTransaction } from "../../../foundation/postgres/pool.ts";
import { settleJob } from "./job-rows.ts";

const text = `
  with written as (
    insert into webhook_inbox (id, provider, provider_event_id, body)
    select uuidv7(), 'sandbox', m.body::json->>'id', m.body from unnest($1::text[]) m (body)
    on conflict (provider, provider_event_id) do nothing returning id
  ) ${settleJob}`;

const { messagesPerGroup, groupsAtOnce } = limits.inbox;

/** How many messages a second Postgres keeps with their jobs, in batches as large as ours at most. */
export async function rawInboxRate(databaseUrl: string, bodies: readonly string[]): Promise<number> {
  const pool = createPool(databaseUrl, groupsAtOnce);
  const startedAt = performance.now();
  let from = 0;
  const work = async () => {
    while (from < bodies.length) {
      const batch = bodies.slice(from, (from += messagesPerGroup));
      await inTransaction(pool, (sql) => sql.query({ name: "inbox", text, values: [batch] }));
    }
  };
  await Promise.all(Array.from({ length: groupsAtOnce }, work)).finally(() => pool.end());
  return (bodies.length * 1_000) / (performance.now() - startedAt);
}
