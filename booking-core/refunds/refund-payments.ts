import type { EventId, RefundId } from "../../foundation/ids.ts";
import type { Failures, GroupedJob } from "../../foundation/jobs/run-jobs.ts";
import type { Logger } from "../../foundation/log.ts";
import { inTransactionAgain, type Pool } from "../../foundation/postgres/pool.ts";
import type { PaymentProviders } from "../payments/payment.ts";
import { findRefunds } from "./find-refund.ts";
import { finishRefunds, type GivenBack, keepProviderRefund, parkRefund } from "./finish-refund.ts";
import type { RefundParts } from "./open-refunds.ts";
import type { Refund } from "./refund.ts";

export type RefundJobParts = RefundParts & {
  readonly pool: Pool;
  readonly providers: PaymentProviders;
  readonly logger: Logger;
};

/**
 * Gives money back through the provider, outside of any transaction; what is done is written in one. Whose outcome is not
 * known fails: its job comes again and asks with the same key. What is pending at the provider is no failure: it says so
 * later, or is asked.
 */
export async function refundPayments(
  parts: RefundJobParts,
  group: readonly GroupedJob<{ refundId: RefundId }>[],
): Promise<Failures> {
  const found = await findRefunds(
    parts.pool,
    group.map(({ data }) => data.refundId),
  );
  const pending = new Map(found.filter(isPending).map((refund) => [refund.id, refund]));
  const failures = new Map<string, unknown>();
  const done: GivenBack[] = [];
  const one = async ({ id, data }: (typeof group)[number]) => {
    const refund = pending.get(data.refundId);
    const given = refund && (await giveBack(parts, refund));
    if (given?.outcome === "unknown") failures.set(id, given.error);
    if (given?.outcome === "done") done.push(given);
  };
  await Promise.all(group.map(one));
  if (done.length > 0) await inTransactionAgain(parts.pool, (sql) => finishRefunds(parts, sql, done));
  return failures;
}

/** One alone; throws where the outcome is not known. */
export async function refundPayment(parts: RefundJobParts, data: { refundId: RefundId }): Promise<void> {
  const failures = await refundPayments(parts, [{ id: data.refundId, data }]);
  for (const error of failures.values()) throw error;
}

const isPending = ({ status }: Refund) => status === "pending";

type Given =
  | ({ readonly outcome: "done" } & GivenBack)
  | { readonly outcome: "settled" }
  | { readonly outcome: "unknown"; readonly error: unknown };

async function giveBack(parts: RefundJobParts, refund: Refund): Promise<Given> {
  try {
    const { status, providerRefundId } = await askProvider(parts, refund);
    if (status === "succeeded") return { outcome: "done", id: refund.id, providerRefundId };
    if (status === "pending") await keepProviderRefund(parts.pool, { ...refund, providerRefundId });
    else await park(parts, refund);
    return { outcome: "settled" };
  } catch (error) {
    return { outcome: "unknown", error };
  }
}

function askProvider({ providers }: RefundJobParts, refund: Refund) {
  const { id: refundId, attempt, paymentId, provider, providerPaymentId, amountMinor, currency } = refund;
  if (provider === "wallet" || providerPaymentId === null)
    throw new Error(`refund ${refundId} is of payment ${paymentId}, which no provider knows`);
  return providers
    .of(provider)
    .refund({ refundId, attempt, paymentId, providerPaymentId, amount: { amountMinor, currency } });
}

async function park({ pool, logger }: RefundJobParts, refund: Refund): Promise<void> {
  const { id: refundId, bookingId, paymentId, reason } = refund;
  const why = "the provider refuses";
  if (!(await parkRefund(pool, refund, why))) return;
  const found = await pool.query<{ eventId: EventId }>(
    `select event_id as "eventId" from bookings where id = $1`,
    [bookingId],
  );
  const eventId = found.rows[0]?.eventId ?? null;
  logger.error({ refundId, eventId, bookingId, paymentId, reason, why }, "a refund is parked");
}
