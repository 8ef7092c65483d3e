import type { RefundId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { recordTransfers } from "../ledger/record-transfers.ts";
import { queueEmails } from "../notifications/queue-email.ts";
import { lockRefund } from "./find-refund.ts";
import { type RefundParts, refundEmail } from "./open-refunds.ts";

/** pending or parked → done, in the caller's transaction: the provider has given it back. False where it was done before. */
export async function finishRefund(
  parts: Pick<RefundParts, "ids" | "jobs">,
  sql: Sql,
  id: RefundId,
  providerRefundId: string | null,
): Promise<boolean> {
  const refund = await lockRefund(sql, id);
  if (refund === undefined || refund.status === "done") return false;
  const { paymentId, bookingId, amountMinor, currency, provider } = refund;
  await sql.query(
    `update refunds set status = 'done', done_at = now(), problem = null,
            provider_refund_id = coalesce($2, provider_refund_id) where id = $1`,
    [id, providerRefundId],
  );
  await recordTransfers(sql, parts.ids, [
    {
      ...{ key: `refund ${id}`, kind: "refund", currency, bookingId, paymentId, refundId: id },
      entries: [
        { account: { kind: "buyer_refunds", party: bookingId ?? paymentId }, amountMinor },
        { account: { kind: "provider_clearing", party: provider }, amountMinor: -amountMinor },
      ],
    },
  ]);
  await queueEmails(parts, sql, refundEmail(id, refund));
  return true;
}

/** pending → parked: the provider says no, and people look. */
export async function parkRefund(sql: Sql, id: RefundId, problem: string): Promise<boolean> {
  const parked = await sql.query(
    "update refunds set status = 'parked', problem = $2 where id = $1 and status = 'pending'",
    [id, problem],
  );
  return parked.rowCount === 1;
}
