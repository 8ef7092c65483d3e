import type { Jobs } from "../../foundation/jobs/boss.ts";
import {
  behindCursor,
  cursorColumn,
  cursorValues,
  type Page,
  type PageRequest,
  pageOf,
} from "../../foundation/pages.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";

/** A message of a provider that was genuine, and that cannot be: nothing happens by itself any more. */
export type ParkedWebhook = {
  readonly id: string;
  readonly provider: string;
  readonly providerEventId: string;
  readonly body: string;
  readonly outcome: string;
  readonly attempts: number;
  readonly receivedAtMs: number;
};

type WebhookRow = {
  id: string;
  provider: string;
  provider_event_id: string;
  body: string;
  outcome: string | null;
  attempts: number;
  received_at: Date;
  created_at_us: bigint;
};

const listed = `
  select id, provider, provider_event_id, body, outcome, attempts, received_at, ${cursorColumn("received_at")}
    from webhook_inbox
   where status = 'parked' and ${behindCursor("received_at", "id", 1)}
   order by received_at desc, id desc limit $3`;

export async function listParkedWebhooks(sql: Sql, request: PageRequest): Promise<Page<ParkedWebhook>> {
  const found = await sql.query<WebhookRow>(listed, cursorValues(request));
  return pageOf(found.rows, request.limit, (row) => ({
    id: row.id,
    provider: row.provider,
    providerEventId: row.provider_event_id,
    body: row.body,
    outcome: row.outcome ?? "",
    attempts: row.attempts,
    receivedAtMs: row.received_at.getTime(),
  }));
}

/** As if it had just come, in the caller's transaction. Gives what it had come to, or nothing where it is not parked. */
export async function replayWebhook(
  jobs: Pick<Jobs, "insert">,
  sql: Sql,
  id: string,
): Promise<{ readonly outcome: string } | undefined> {
  const replayed = await sql.query<{ outcome: string }>(
    `update webhook_inbox i set status = 'received', settled_at = null, outcome = null
       from (select id, outcome from webhook_inbox where id = $1 and status = 'parked' for update) was
      where i.id = was.id returning was.outcome`,
    [id],
  );
  const [row] = replayed.rows;
  if (row !== undefined)
    await jobs.insert(sql, "settle-webhook", [{ data: { inboxIds: [id] }, priority: 1 }]);
  return row;
}

/** parked → ignored: people have done what was to be done. It is kept as it is. */
export async function dismissWebhook(
  sql: Sql,
  id: string,
): Promise<{ readonly outcome: string } | undefined> {
  const dismissed = await sql.query<{ outcome: string }>(
    "update webhook_inbox set status = 'ignored' where id = $1 and status = 'parked' returning outcome",
    [id],
  );
  return dismissed.rows[0];
}
