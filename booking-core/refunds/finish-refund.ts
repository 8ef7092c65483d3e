import type { RefundId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { type NewTransfer, recordTransfers } from "../ledger/record-transfers.ts";
import { queueEmails } from "../notifications/queue-email.ts";
import { lockRefunds } from "./find-refund.ts";
import { type RefundParts, refundEmail } from "./open-refunds.ts";
import type { Refund } from "./refund.ts";

export type GivenBack = { readonly id: RefundId; readonly providerRefundId: string | null };

/**
 * pending or parked → done, in the caller's transaction: the provider has given them back. Gives those that are done by
 * this; what was done before is left as it is, so that the provider's answer and its message finish a refund once, and so
 * is a try that the provider has taken back since.
 */
export async function finishRefunds(
  parts: Pick<RefundParts, "ids" | "jobs">,
  sql: Sql,
  given: readonly GivenBack[],
): Promise<ReadonlySet<RefundId>> {
  const refunds = await lockRefunds(
    sql,
    given.map(({ id }) => id),
  );
  const open = refunds.filter(({ status }) => status !== "done");
  const booked = await recordTransfers(sql, parts.ids, open.map(givenOf));
  const done = open.filter((refund) => booked.has(givenKey(refund)));
  const ids = new Set(done.map(({ id }) => id));
  if (done.length === 0) return ids;
  await markDone(
    sql,
    given.filter(({ id }) => ids.has(id)),
  );
  await queueEmails(
    parts,
    sql,
    done.flatMap((refund) => refundEmail(refund.id, refund)),
  );
  return ids;
}

async function markDone(sql: Sql, given: readonly GivenBack[]): Promise<void> {
  await sql.query(
    `update refunds r set status = 'done', done_at = now(), problem = null,
            provider_refund_id = coalesce(g.provider_refund_id, r.provider_refund_id)
       from unnest($1::uuid[], $2::text[]) as g (id, provider_refund_id) where r.id = g.id`,
    [given.map(({ id }) => id), given.map(({ providerRefundId }) => providerRefundId)],
  );
}

/**
 * done → parked, in the caller's transaction, which has locked it: the bank did not take what the provider had given back.
 * It is owed to the buyer again, and people look.
 */
export async function takeBackRefund(
  { ids }: Pick<RefundParts, "ids">,
  sql: Sql,
  refund: Refund,
  problem: string,
): Promise<void> {
  await recordTransfers(sql, ids, [takenBackOf(refund)]);
  await sql.query(
    "update refunds set status = 'parked', done_at = null, problem = $2 where id = $1 and status = 'done'",
    [refund.id, problem],
  );
}

/** Each try is booked once. The first has no number: so were all of them booked when none was ever taken back. */
function givenKey({ id, attempt }: RefundTry): string {
  return attempt === 0 ? `refund ${id}` : `refund ${id} ${attempt}`;
}

function givenOf(refund: Refund): NewTransfer {
  return transferOf(refund, givenKey(refund), refund.amountMinor);
}

function takenBackOf(refund: Refund): NewTransfer {
  return transferOf(refund, `refund failed ${refund.id} ${refund.attempt}`, -refund.amountMinor);
}

function transferOf(refund: Refund, key: string, amountMinor: bigint): NewTransfer {
  const { id: refundId, paymentId, bookingId, currency, provider } = refund;
  return {
    ...{ key, kind: "refund", currency, bookingId, paymentId, refundId },
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
