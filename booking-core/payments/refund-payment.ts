import type { IdSource, PaymentId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import { findPayment, lockPayment } from "./find-payment.ts";
import { finishRefund } from "./finish-refund.ts";
import type { PaymentProvider } from "./payment.ts";

export type RefundParts = {
  readonly pool: Pool;
  readonly provider: PaymentProvider;
  readonly jobs: Jobs;
  readonly ids: IdSource;
};

/**
 * Gives one payment back. The provider is asked outside any transaction, with the payment's id as key: asking
 * again gives the same refund. Anything but success throws, and the job comes again.
 */
export async function refundPayment(
  parts: RefundParts,
  { paymentId }: { paymentId: PaymentId },
): Promise<void> {
  const payment = await findPayment(parts.pool, paymentId);
  if (payment?.status !== "refunding") return;
  const { providerPaymentId, amount } = payment;
  if (providerPaymentId === null)
    throw new Error(`payment ${paymentId} is to be refunded, but the provider's id is not known`);
  const outcome = await parts.provider.refund({ paymentId, providerPaymentId, amount });
  if (outcome !== "succeeded") throw new Error(`the refund of payment ${paymentId} is ${outcome}`);
  await inTransaction(parts.pool, async (sql) => {
    const locked = await lockPayment(sql, paymentId);
    if (locked !== undefined) await finishRefund(parts, sql, locked);
  });
}
