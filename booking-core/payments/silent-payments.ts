import type { Clock } from "../../foundation/clock.ts";
import type { PaymentId } from "../../foundation/ids.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { findPayment } from "./find-payment.ts";
import type { ProviderFact } from "./payment.ts";
import { settleFact } from "./settle-fact.ts";
import { type SettleWebhookParts, tellBuyer } from "./settle-webhook.ts";

/** How long a payment may be silent before its provider is asked, and how often then. */
const silenceMs = 60_000;
/** After this time the provider has given up itself. */
const givenUpMs = 48 * 60 * 60_000;
const batchSize = 50;

/** A webhook can be lost: then the provider is asked, and what it says is settled like a webhook. */
export async function askAboutSilentPayments(parts: SettleWebhookParts & { clock: Clock }): Promise<void> {
  const nowMs = parts.clock.now();
  const silent = await parts.pool.query<{ id: PaymentId }>(
    `update payments set asked_at = $1
      where id in (select id from payments
                    where status = 'pending' and created_at between $3 and $2 and (asked_at is null or asked_at < $2)
                    order by asked_at nulls first limit ${batchSize} for update skip locked)
      returning id`,
    [new Date(nowMs), new Date(nowMs - silenceMs), new Date(nowMs - givenUpMs)],
  );
  for (const { id } of silent.rows) {
    await askAbout(parts, id).catch((error: unknown) => {
      parts.logger.warn(
        { err: error, paymentId: id },
        "the provider could not be asked about a silent payment",
      );
    });
  }
}

async function askAbout(parts: SettleWebhookParts, id: PaymentId): Promise<void> {
  const payment = await findPayment(parts.pool, id);
  if (payment?.status !== "pending" || payment.providerPaymentId === null) return;
  const { providerPaymentId, amount } = payment;
  const status = await parts.provider.status(providerPaymentId);
  if (status !== "succeeded" && status !== "failed") return;
  const fact: ProviderFact = {
    providerEventId: `asked ${id}`,
    kind: `payment_${status}`,
    providerPaymentId,
    paymentId: id,
    amount,
  };
  const settled = await inTransaction(parts.pool, (sql) => settleFact(parts, sql, fact));
  if (settled.changed !== undefined) await tellBuyer(parts, settled.changed);
}
