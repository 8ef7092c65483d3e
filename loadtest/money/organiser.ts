import { join } from "node:path";
import { paymentProviders } from "../../booking-core/payments/payment-providers.ts";
import { createSandboxProvider } from "../../booking-core/payments/sandbox-provider.ts";
import { settleGroup } from "../../booking-core/payments/settle-group.ts";
import { uuidSource } from "../../foundation/ids.ts";
import { type Jobs, startJobs } from "../../foundation/jobs/boss.ts";
import { createLogger } from "../../foundation/log.ts";
import { createPool, inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import type { Part } from "../bench/suite.ts";
import type { PlannedEvent } from "../seats/event-plan.ts";
import { makeSales } from "./sales.ts";
import { startStorage } from "./till.ts";

const full = { rounds: 3, perRound: 2_000, atOnce: 16, plan: { sections: 20, rows: 20, seatsPerRow: 50 } };
const small = { rounds: 1, perRound: 64, atOnce: 16, plan: { sections: 2, rows: 10, seatsPerRow: 20 } };

/** All that settle take the same part of a balance, and each waits until the one before has committed. */
const oneRow =
  "create or replace function own_balance_part() returns smallint language sql as 'select 0::smallint'";

const messages = `
  insert into webhook_inbox (id, provider, provider_event_id, body)
  select uuidv7(), 'sandbox', 'evt_' || p.id, json_build_object('id', 'evt_' || p.id, 'type', 'payment.succeeded', 'data',
         json_build_object('paymentId', p.provider_payment_id, 'reference', p.id, 'amountMinor', p.amount_minor, 'currency', p.currency))::text
    from payments p returning id`;

/** Many settle for one organiser at the same time, each message in a transaction of its own. */
export const organiserPart: Part = {
  name: "organiser",
  async measure({ tiny, folder, say }) {
    const { rounds, perRound, atOnce, plan } = tiny ? small : full;
    const storage = await startStorage(join(folder, "organiser"), [plan]);
    try {
      const [event] = storage.events;
      if (event === undefined) throw new Error("there is no event");
      const count = rounds * perRound;
      const [parts, row] = [
        await openDesk(storage.databaseUrl, event, count, atOnce),
        await openDesk(storage.twinUrl, event, count, atOnce),
      ];
      await row.pool.query(oneRow);
      const best = { parts: 0, row: 0 };
      for (let round = 0; round < rounds; round += 1) {
        best.row = Math.max(best.row, await row.settle(perRound));
        best.parts = Math.max(best.parts, await parts.settle(perRound));
        say(`in parts ${Math.round(best.parts)}/s, one row ${Math.round(best.row)}/s`);
      }
      await Promise.all([parts.close(), row.close()]);
      const limit = { name: "the same with one row a balance", value: best.row };
      return [
        {
          ...{
            name: `settlements for one organiser, ${atOnce} at once`,
            value: best.parts,
            unit: "payments/s",
            limit,
          },
          bar: { of: "ratio", sign: "≥", at: 1, size: "full" },
        },
      ];
    } finally {
      await storage.stop();
    }
  },
};

/** A database with that many messages in its inbox, and what settles them. */
async function openDesk(databaseUrl: string, event: PlannedEvent, count: number, atOnce: number) {
  const pool = createPool(databaseUrl, atOnce);
  await makeSales(pool, event, count);
  const inbox = (await pool.query<{ id: string }>(messages)).rows.map(({ id }) => id);
  const jobs = await startJobs(databaseUrl, createLogger("bench", "error"), { work: false });
  const settleOne = settlerOf(pool, jobs);
  return {
    pool,
    settle: async (wanted: number) => {
      const mine = inbox.splice(0, wanted);
      const startedAt = performance.now();
      const work = async () => {
        for (let id = mine.pop(); id !== undefined; id = mine.pop()) await settleOne(id);
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      return (wanted * 1_000) / (performance.now() - startedAt);
    },
    close: async () => {
      await jobs.stop();
      await pool.end();
    },
  };
}

function settlerOf(pool: Pool, jobs: Jobs) {
  const settings = { url: "http://127.0.0.1:1", apiKey: "unused", webhookSecret: "unused" };
  const providers = paymentProviders(createSandboxProvider(settings));
  const parts = { jobs, providers, ids: uuidSource, logger: createLogger("bench", "error") };
  return async (inboxId: string) => {
    const { outcomes } = await inTransaction(pool, (sql) => settleGroup(parts, sql, [inboxId], new Map()));
    if (outcomes.get(inboxId) !== "paid") throw new Error(`the message ${inboxId} paid nothing`);
  };
}
