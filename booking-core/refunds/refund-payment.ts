import type { RefundId } from "../../foundation/ids.ts";
import type { Logger } from "../../foundation/log.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import type { PaymentProviders } from "../payments/payment.ts";
import { findRefund } from "./find-refund.ts";
import { finishRefund, parkRefund } from "./finish-refund.ts";
import type { RefundParts } from "./open-refunds.ts";
import type { Refund } from "./refund.ts";

export type RefundJobParts = RefundParts & {
  readonly pool: Pool;
  readonly providers: PaymentProviders;
  readonly logger: Logger;
};

/**
 * Gives money back through the provider, outside of any transaction. It throws while the outcome is not known: the job
 * comes again and asks with the same key.
 */
export async function refundPayment(
  parts: RefundJobParts,
  { refundId }: { refundId: RefundId },
): Promise<void> {
  const refund = await findRefund(parts.pool, refundId);
  if (refund?.status !== "pending") return;
  const { status, providerRefundId } = await askProvider(parts, refund);
  if (status === "pending") throw new Error(`refund ${refundId} is under way at the provider`);
  if (status === "succeeded") {
    await inTransaction(parts.pool, (sql) => finishRefund(parts, sql, refundId, providerRefundId));
  } else if (await parkRefund(parts.pool, refundId, "the provider refuses")) {
    const { bookingId, paymentId } = refund;
    parts.logger.error({ refundId, bookingId, paymentId }, "the provider refuses a refund: it is parked");
  }
}

function askProvider({ providers }: RefundJobParts, refund: Refund) {
  const { id: refundId, paymentId, provider, providerPaymentId, amountMinor, currency } = refund;
  if (provider === "wallet" || providerPaymentId === null)
    throw new Error(`refund ${refundId} is of payment ${paymentId}, which no provider knows`);
  return providers
    .of(provider)
    .refund({ refundId, paymentId, providerPaymentId, amount: { amountMinor, currency } });
}
