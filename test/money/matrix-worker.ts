import { settleWebhooks } from "../../booking-core/payments/settle-webhooks.ts";
import { refundPayment } from "../../booking-core/refunds/refund-payments.ts";
import type { PaymentId } from "../../foundation/ids.ts";
import type { GroupedJob } from "../../foundation/jobs/run-jobs.ts";
import type { Till } from "../harness/money.ts";
import { dyingAtEachStatement } from "./mortal-pool.ts";

export type Doomed = {
  /** Whoever settles a payment of these, or gives it back, dies at each statement once. */
  readonly payments: Set<PaymentId>;
  /** How many have died. */
  deaths: number;
};

type SettleJob = GroupedJob<{ inboxIds: string[] }>;

/** The worker of the matrix: what is not doomed is worked off as everywhere. */
export async function workWithDeaths(till: Till, doomed: Doomed): Promise<void> {
  const isDoomed = (text: string) => [...doomed.payments].some((id) => text.includes(id));
  await till.jobs.workGroups("settle-webhook", { groupSize: 50, concurrency: 4 }, async (group) => {
    for (const id of await idsOf(till, group, isDoomed)) {
      const alone = { id, data: { inboxIds: [id] } };
      doomed.deaths += await dyingAtEachStatement(till.pool, (pool) => settle({ ...till, pool }, alone));
    }
    return settleWebhooks(till, group);
  });
  await till.jobs.work("refund-payment", { concurrency: 4 }, async (data) => {
    const text = "select payment_id as id from refunds where id = $1";
    const id = (await till.pool.query<{ id: string }>(text, [data.refundId])).rows[0]?.id ?? "";
    const refund = (parts: Till) => refundPayment(parts, data);
    if (!isDoomed(id)) return refund(till);
    doomed.deaths += await dyingAtEachStatement(till.pool, (pool) => refund({ ...till, pool }));
  });
}

async function settle(till: Till, job: SettleJob): Promise<void> {
  const [failure] = (await settleWebhooks(till, [job])).values();
  if (failure !== undefined) throw failure;
}

/** The messages of these jobs that are about what is wanted. */
async function idsOf(
  { pool }: Till,
  group: readonly SettleJob[],
  isWanted: (body: string) => boolean,
): Promise<readonly string[]> {
  const found = await pool.query<{ id: string; body: string }>(
    "select id, body from webhook_inbox where id = any($1::uuid[])",
    [group.flatMap(({ data }) => data.inboxIds)],
  );
  return found.rows.filter(({ body }) => isWanted(body)).map(({ id }) => id);
}
