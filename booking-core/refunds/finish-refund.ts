import type { RefundId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { type NewTransfer, recordTransfers } from "../ledger/record-transfers.ts";
import { queueEmails } from "../notifications/queue-email.ts";
import { lockRefunds } from "./find-refund.ts";
import { type RefundParts, refundEmail } from "./open-refunds.ts";
import type { Refund } from "./refund.ts";

export type GivenBack = { readonly id: RefundId; readonly providerRefundId: string | null };

/**
 * pending or parked → done, in the caller's transaction: the provider has given them back. Those that were done before are
 * left as they are, so that the provider's answer and its message finish a refund once.
 */
export async function finishRefunds(
  parts: Pick<RefundParts, "ids" | "jobs">,
  sql: Sql,
  given: readonly GivenBack[],
): Promise<void> {
  const refunds = await lockRefunds(
    sql,
    given.map(({ id }) => id),
  );
  const open = refunds.filter(({ status }) => status !== "done");
  if (open.length === 0) return;
  await sql.query(
    `update refunds r set status = 'done', done_at = now(), problem = null,
            provider_refund_id = coalesce(g.provider_refund_id, r.provider_refund_id)
       from unnest($1::uuid[], $2::text[]) as g (id, provider_refund_id) where r.id = g.id and r.status <> 'done'`,
    [given.map(({ id }) => id), given.map(({ providerRefundId }) => providerRefundId)],
  );
  await recordTransfers(sql, parts.ids, open.map(doneOf));
  await queueEmails(
    parts,
    sql,
    open.flatMap((refund) => refundEmail(refund.id, refund)),
  );
}

function doneOf({ id, paymentId, bookingId, amountMinor, currency, provider }: Refund): NewTransfer {
  return {
    ...{ key: `refund ${id}`, kind: "refund", currency, bookingId, paymentId, refundId: id },
    entries: [
      { account: { kind: "buyer_refunds", party: bookingId ?? paymentId }, amountMinor },
      { account: { kind: "provider_clearing", party: provider }, amountMinor: -amountMinor },
    ],
  };
}

export type RefundTry = { readonly id: RefundId; readonly attempt: number };

/** pending → parked: the provider says no, and people look. A no to an earlier try says nothing of the one under way. */
export async function parkRefund(sql: Sql, { id, attempt }: RefundTry, problem: string): Promise<boolean> {
  const parked = await sql.query(
    "update refunds set status = 'parked', problem = $3 where id = $1 and attempt = $2 and status = 'pending'",
    [id, attempt, problem],
  );
  return parked.rowCount === 1;
}

/** Stays pending: the provider has it, and says later what became of it. */
export async function keepProviderRefund(
  sql: Sql,
  { id, attempt, providerRefundId }: GivenBack & RefundTry,
): Promise<void> {
  await sql.query(
    "update refunds set provider_refund_id = $3 where id = $1 and attempt = $2 and status = 'pending'",
    [id, attempt, providerRefundId],
  );
}
