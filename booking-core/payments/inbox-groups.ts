import type { IdSource } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import { limits } from "../../foundation/limits.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import { isOutage } from "../bookings/outage.ts";
import type { ProviderName } from "./payment.ts";

/** A verified message. One of a kind that we do not know is kept and asks for nothing. */
export type NewMessage = {
  readonly provider: ProviderName;
  readonly providerEventId: string;
  readonly body: string;
  readonly isIgnored: boolean;
};

export type StoreOutcome = "stored" | "known" | "busy";

export type InboxGroups = { add(message: NewMessage): Promise<StoreOutcome> };

type Parts = { readonly pool: Pool; readonly jobs: Jobs; readonly ids: IdSource };

type Waiting = {
  readonly message: NewMessage;
  readonly resolve: (outcome: StoreOutcome) => void;
  readonly reject: (error: unknown) => void;
};

const { messagesPerGroup, messagesWaiting, waitMs, groupsAtOnce } = limits.inbox;

/**
 * Messages that come within a few milliseconds share a transaction, and so do those that come while one runs; beside it
 * another begins once it is full. What waits is bounded.
 */
export function createInboxGroups(parts: Parts): InboxGroups {
  const waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let running = 0;

  function add(message: NewMessage): Promise<StoreOutcome> {
    if (waiting.length >= messagesWaiting) return Promise.resolve("busy");
    return new Promise((resolve, reject) => {
      waiting.push({ message, resolve, reject });
      if (waiting.length >= messagesPerGroup) startGroups();
      else timer ??= setTimeout(startGroups, waitMs);
    });
  }

  function startGroups(): void {
    clearTimeout(timer);
    timer = undefined;
    while (
      waiting.length > 0 &&
      (running === 0 || (running < groupsAtOnce && waiting.length >= messagesPerGroup))
    ) {
      running += 1;
      const group = waiting.splice(0, messagesPerGroup);
      void storeOrReject(parts, group).finally(() => {
        running -= 1;
        startGroups();
      });
    }
  }

  return { add };
}

/** Where a group cannot be stored, each alone: a poisoned one fails alone. With Postgres away none need try. */
async function storeOrReject(parts: Parts, group: readonly Waiting[]): Promise<void> {
  try {
    const stored = await store(
      parts,
      group.map(({ message }) => message),
    );
    for (const [index, { resolve }] of group.entries()) resolve(stored[index] ? "stored" : "known");
  } catch (error) {
    if (group.length > 1 && !isOutage(error))
      for (const waiting of group) await storeOrReject(parts, [waiting]);
    else for (const { reject } of group) reject(error);
  }
}

/** Of each whether it is new. In one order, so that gateways that are told the same never wait in a circle. */
function store({ pool, jobs, ids }: Parts, messages: readonly NewMessage[]): Promise<boolean[]> {
  const rows = messages.map((message) => ({ ...message, id: ids.next<string>() }));
  return inTransaction(pool, async (sql) => {
    const inserted = await sql.query<{ id: string }>({
      name: "store-messages",
      text: `insert into webhook_inbox (id, provider, provider_event_id, body, status, settled_at, outcome)
       select id, provider, event, body, case when ignored then 'ignored' else 'received' end,
              case when ignored then now() end, case when ignored then 'ignored' end
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bool[]) as m (id, provider, event, body, ignored)
        order by provider, event
       on conflict (provider, provider_event_id) do nothing returning id`,
      values: [
        rows.map(({ id }) => id),
        rows.map(({ provider }) => provider),
        rows.map(({ providerEventId }) => providerEventId),
        rows.map(({ body }) => body),
        rows.map(({ isIgnored }) => isIgnored),
      ],
    });
    const fresh = new Set(inserted.rows.map(({ id }) => id));
    const inboxIds = rows.filter(({ id, isIgnored }) => fresh.has(id) && !isIgnored).map(({ id }) => id);
    if (inboxIds.length > 0) await jobs.insert(sql, "settle-webhook", [{ data: { inboxIds } }]);
    return rows.map(({ id }) => fresh.has(id));
  });
}
