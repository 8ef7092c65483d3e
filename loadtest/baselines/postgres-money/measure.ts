import { createPool, inTransaction, type Pool } from "../../../foundation/postgres/pool.ts";
import { type Accounts, type Message, makeAccounts, settleRows } from "./rows.ts";

export type RawRun = {
  readonly databaseUrl: string;
  readonly eventId: string;
  /** Of bookings of two seats that wait for their money. */
  readonly paymentIds: readonly string[];
  readonly batchSize: number;
  /** Each is tried with a part of the payments, and the best of them is the limit. */
  readonly connections: readonly number[];
};

/** How many payments a second Postgres takes in when nobody but it has any work. */
export async function rawRate({ databaseUrl, eventId, paymentIds, batchSize, connections }: RawRun) {
  const pool = createPool(databaseUrl, Math.max(...connections));
  try {
    const accounts = await makeAccounts(pool, eventId);
    const share = Math.floor(paymentIds.length / connections.length);
    const rates: number[] = [];
    for (const [index, count] of connections.entries()) {
      const messages = paymentIds.slice(index * share, (index + 1) * share).map(messageOf);
      rates.push(await rateOf(pool, accounts, inBatches(messages, batchSize), count));
    }
    await assertWritten(pool, share * connections.length);
    return Math.max(...rates);
  } finally {
    await pool.end();
  }
}

async function rateOf(
  pool: Pool,
  accounts: Accounts,
  batches: Message[][],
  connections: number,
): Promise<number> {
  const count = batches.reduce((sum, batch) => sum + batch.length, 0);
  const startedAt = performance.now();
  const work = async () => {
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
      const messages = batch;
      await inTransaction(pool, (sql) => settleRows(sql, accounts, messages));
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  return (count * 1_000) / (performance.now() - startedAt);
}

/** As long as what the sandbox sends. */
function messageOf(paymentId: string): Message {
  const data = { paymentId: `pay_${paymentId}`, reference: paymentId, amountMinor: 9_500, currency: "EUR" };
  const eventId = `evt_${paymentId.replaceAll("-", "").slice(0, 24)}${paymentId.slice(-6)}`;
  return { paymentId, eventId, body: JSON.stringify({ id: eventId, type: "payment.succeeded", data }) };
}

function inBatches<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** A limit that left something out would be none. */
async function assertWritten(pool: Pool, payments: number): Promise<void> {
  const found = await pool.query<Record<string, bigint>>(
    `select (select count(*) from bookings where status = 'paid') as bookings, (select count(*) from transfers) as transfers,
            (select count(*) from entries) / 4 as entries, (select count(*) from tickets) / 2 as tickets,
            (select count(*) from notifications) as notifications, (select count(*) from webhook_inbox) as inbox,
            (select count(*) from pgboss.job where name = 'send-email') as emails,
            (select sum(jsonb_array_length(data->'inboxIds')) from pgboss.job where name = 'settle-webhook') as jobs`,
  );
  for (const [what, count] of Object.entries(found.rows[0] ?? {}))
    if (Number(count) !== payments)
      throw new Error(`${payments} payments left ${count} ${what} in the baseline`);
}
