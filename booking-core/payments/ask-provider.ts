import type { Logger } from "../../foundation/log.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { findPayment } from "./find-payment.ts";
import type { Payment, PaymentProviders } from "./payment.ts";

export type AskParts = {
  readonly pool: Pool;
  readonly providers: PaymentProviders;
  readonly logger: Logger;
};

/** What the provider is told beside the payment. */
export type Wording = { readonly description: string; readonly email: string; readonly returnUrl: string };

/** created → pending, with the address where the buyer pays. Nothing where the provider's answer is not known. */
export async function askProvider(
  parts: AskParts,
  payment: Payment,
  wording: Wording,
): Promise<Payment | undefined> {
  const created = await createAtProvider(parts, payment, wording);
  if (created === undefined) return undefined;
  // A webhook may have settled it already: only what is still `created` becomes `pending`.
  await parts.pool.query(
    `update payments set provider_payment_id = $2, pay_url = $3,
            status = case status when 'created' then 'pending' else status end
      where id = $1`,
    [payment.id, created.providerPaymentId, created.payUrl],
  );
  const asked = await findPayment(parts.pool, payment.id);
  if (asked === undefined) throw new Error(`payment ${payment.id} was there and is gone`);
  return asked;
}

/** Nothing where the provider's answer is not known: whether it made the payment neither; the same key asks again. */
async function createAtProvider(
  { providers, logger }: AskParts,
  { id: paymentId, bookingId, provider, amount }: Payment,
  wording: Wording,
): Promise<{ providerPaymentId: string; payUrl: string } | undefined> {
  if (provider === "wallet") throw new Error(`payment ${paymentId} asks no provider`);
  try {
    return await providers.of(provider).create({ paymentId, amount, ...wording });
  } catch (error) {
    logger.warn({ err: error, bookingId, paymentId }, "the payment provider did not answer");
    return undefined;
  }
}
