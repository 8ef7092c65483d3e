import type { IdSource } from "../../foundation/ids.ts";
import type { Logger } from "../../foundation/log.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import { returnWallet } from "../wallet/return-wallet.ts";
import { findPayment } from "./find-payment.ts";
import type { CreatedPayment, Payment, PaymentProviders, RefusedPayment } from "./payment.ts";

export type AskParts = {
  readonly pool: Pool;
  readonly providers: PaymentProviders;
  readonly logger: Logger;
  readonly ids: IdSource;
};

/** What the provider is told beside the payment. */
export type Wording = { readonly description: string; readonly email: string; readonly returnUrl: string };

/**
 * created → pending, with the address where the buyer pays; or failed, where the provider refuses it. Nothing where its
 * answer is not known.
 */
export async function askProvider(
  parts: AskParts,
  payment: Payment,
  wording: Wording,
): Promise<Payment | undefined> {
  const created = await createAtProvider(parts, payment, wording);
  if (created === undefined) return undefined;
  if ("refused" in created) await fail(parts, payment, created.refused);
  else await keepAddress(parts, payment, created);
  const asked = await findPayment(parts.pool, payment.id);
  if (asked === undefined) throw new Error(`payment ${payment.id} was there and is gone`);
  return asked;
}

async function keepAddress({ pool }: AskParts, { id }: Payment, created: CreatedPayment): Promise<void> {
  // A webhook may have settled it already: only what is still `created` becomes `pending`.
  await pool.query(
    `update payments set provider_payment_id = $2, pay_url = $3,
            status = case status when 'created' then 'pending' else status end
      where id = $1`,
    [id, created.providerPaymentId, created.payUrl],
  );
}

/** What the wallet has put aside for it is in the wallet again. */
async function fail(parts: AskParts, { id, bookingId }: Payment, reason: string): Promise<void> {
  await inTransaction(parts.pool, async (sql) => {
    const failed = await sql.query(
      "update payments set status = 'failed', problem = 'refused', settled_at = now() where id = $1 and status = 'created'",
      [id],
    );
    if (failed.rowCount === 1) await returnWallet(parts, sql, [{ id }]);
  });
  parts.logger.error({ paymentId: id, bookingId, reason }, "the payment provider refuses a payment");
}

/** Nothing where the provider's answer is not known: whether it made the payment neither; the same key asks again. */
async function createAtProvider(
  { providers, logger }: AskParts,
  { id: paymentId, bookingId, provider, amount }: Payment,
  wording: Wording,
): Promise<CreatedPayment | RefusedPayment | undefined> {
  if (provider === "wallet") throw new Error(`payment ${paymentId} asks no provider`);
  try {
    return await providers.of(provider).create({ paymentId, amount, ...wording });
  } catch (error) {
    logger.warn({ err: error, bookingId, paymentId }, "the payment provider did not answer");
    return undefined;
  }
}
