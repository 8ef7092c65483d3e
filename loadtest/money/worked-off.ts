import type { Pool } from "../../foundation/postgres/pool.ts";
import { until } from "./until.ts";

const withinMs = 240_000;

/** E-mails are left out: the mail server of these runs does not answer. */
const open = `
  select from payments where status in ('created', 'pending') union all select from refunds where status = 'pending'
  union all select from webhook_inbox where settled_at is null
  union all select from pgboss.job where name in ('apply-holds', 'refund-payment', 'settle-webhook') and state < 'completed'
  limit 1`;

/** Waits until nothing of money or seats is under way any more. */
export async function untilWorkedOff(pool: Pool): Promise<void> {
  const isDone = async () => (await pool.query(open)).rowCount === 0;
  await until(isDone, { what: "every payment, refund and hold", withinMs });
}
