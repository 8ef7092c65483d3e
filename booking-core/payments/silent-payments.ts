import type { Clock } from "../../foundation/clock.ts";
import type { PaymentId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { severalAtOnce } from "../../foundation/several-at-once.ts";
import { findPayment } from "./find-payment.ts";
import type { ProviderFact } from "./payment.ts";
import { settleAlone } from "./settle-alone.ts";
import { settleFact } from "./settle-fact.ts";
import type { SettleWebhookParts } from "./settle-webhook.ts";

/** How long a payment may be silent before its provider is asked. */
const silenceMs = 60_000;
/** Asked again after this part of its age: often while a buyer waits, hardly ever once nobody does. */
const ageShare = 0.25;
/** After this time the provider has given up itself. */
const givenUpMs = 48 * 60 * 60_000;
const batchSize = 400;
/** Nobody is asked later: a worker that is to stop waits for the last answer. Who was left out is asked a little later. */
const spanMs = 10_000;
const askedAtOnce = 10;

/**
 * For `repeat`: a webhook can be lost, and all of an hour. Then the provider is asked, and what it says is settled like a
 * webhook. Where it answers nothing of a whole batch it is away, and the next time is soon enough.
 */
export async function askAboutSilentPayments(parts: SettleWebhookParts & { clock: Clock }): Promise<void> {
  const untilMs = performance.now() + spanMs;
  do {
    const ids = await takeSilent(parts.pool, parts.clock.now());
    const asked = await severalAtOnce(ids, askedAtOnce, (id) =>
      performance.now() < untilMs ? askOrWarn(parts, id) : Promise.resolve(false),
    );
    if (ids.length < batchSize || !asked.includes(true)) return;
  } while (performance.now() < untilMs);
}

/** Marks them as asked at once, so that another worker asks about others. */
async function takeSilent(pool: Pool, nowMs: number): Promise<PaymentId[]> {
  const silent = await pool.query<{ id: PaymentId }>(
    `update payments set asked_at = $1::timestamptz
      where id in (select id from payments
                    where status = 'pending' and created_at between $3 and $2
                      and (asked_at is null or asked_at < least($2, $1::timestamptz - ${ageShare} * ($1::timestamptz - created_at)))
                    order by asked_at nulls first limit ${batchSize} for update skip locked)
      returning id`,
    [new Date(nowMs), new Date(nowMs - silenceMs), new Date(nowMs - givenUpMs)],
  );
  return silent.rows.map((row) => row.id);
}

/** Whether the provider has answered. */
async function askOrWarn(parts: SettleWebhookParts, id: PaymentId): Promise<boolean> {
  try {
    return await askAbout(parts, id);
  } catch (error) {
    parts.logger.warn(
      { err: error, paymentId: id },
      "the provider could not be asked about a silent payment",
    );
    return false;
  }
}

async function askAbout(parts: SettleWebhookParts, id: PaymentId): Promise<boolean> {
  const payment = await findPayment(parts.pool, id);
  if (payment?.status !== "pending" || payment.providerPaymentId === null) return false;
  const { provider, providerPaymentId } = payment;
  if (provider === "wallet") return false;
  const { status, amount } = await parts.providers.of(provider).status(providerPaymentId);
  if (status !== "succeeded" && status !== "failed") return true;
  const fact: ProviderFact = {
    provider,
    providerEventId: `asked ${id}`,
    kind: `payment_${status}`,
    providerPaymentId,
    paymentId: id,
    amount,
  };
  await settleAlone(parts, (sql, seats) => settleFact(parts, sql, fact, seats));
  return true;
}
