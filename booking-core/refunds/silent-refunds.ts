import type { Clock } from "../../foundation/clock.ts";
import type { RefundId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { type RefundJobParts, refundPayments } from "./refund-payments.ts";

/** How long a refund may be under way before the provider is asked. */
const silenceMs = 60_000;
/** Asked again after this part of its age: a bank can take days. */
const ageShare = 0.25;
const batchSize = 50;
/** No batch begins later: a worker that is to stop waits for the last one. */
const spanMs = 10_000;

/**
 * For `repeat`: the provider may have said "pending", its webhook can be lost, and a job can be given up. Asked with the
 * same key it says what became of the refund. Where it answers nothing of a whole batch it is away, and the next time is
 * soon enough.
 */
export async function askAboutSilentRefunds(
  parts: RefundJobParts & { readonly clock: Clock },
): Promise<void> {
  const untilMs = performance.now() + spanMs;
  do {
    const ids = await takeSilent(parts.pool, parts.clock.now());
    const failures = await refundPayments(
      parts,
      ids.map((refundId) => ({ id: refundId, data: { refundId } })),
    );
    for (const [refundId, err] of failures)
      parts.logger.warn({ err, refundId }, "the provider could not be asked about a silent refund");
    if (ids.length < batchSize || failures.size === ids.length) return;
  } while (performance.now() < untilMs);
}

/** Marks them as asked at once, so that another worker asks about others. */
async function takeSilent(pool: Pool, nowMs: number): Promise<RefundId[]> {
  const silent = await pool.query<{ id: RefundId }>(
    `update refunds set asked_at = $1::timestamptz
      where id in (select id from refunds
                    where status = 'pending' and created_at < $2
                      and (asked_at is null or asked_at < least($2, $1::timestamptz - ${ageShare} * ($1::timestamptz - created_at)))
                    order by asked_at nulls first limit ${batchSize} for no key update skip locked)
      returning id`,
    [new Date(nowMs), new Date(nowMs - silenceMs)],
  );
  return silent.rows.map(({ id }) => id);
}
