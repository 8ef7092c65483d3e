import type { Clock } from "../../foundation/clock.ts";
import type { PaymentId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { severalAtOnce } from "../../foundation/several-at-once.ts";
import { findPayment } from "./find-payment.ts";
import type { Payment, ProviderFact } from "./payment.ts";
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
/** Nobody is asked later: a worker that is to stop waits for the last answer. Who was left out comes first the next time. */
const spanMs = 10_000;
const askedAtOnce = 10;

/**
 * For `repeat`: a webhook can be lost, and all of an hour. Then the provider is asked, and what it says is settled like a
 * webhook. So is one that it called failed: it may change its mind, and that message can be lost too. Where it answers
 * nothing of a whole batch it is away, and the next time is soon enough.
 */
export async function askAboutSilentPayments(parts: SettleWebhookParts & { clock: Clock }): Promise<void> {
  const untilMs = performance.now() + spanMs;
  do {
    const nowMs = parts.clock.now();
    const ids = await takeSilent(parts.pool, nowMs);
    const leftOut: PaymentId[] = [];
    const answered = await severalAtOnce(ids, askedAtOnce, async (id) => {
      if (performance.now() < untilMs) return askOrWarn(parts, id);
      leftOut.push(id);
      return false;
    });
    if (leftOut.length > 0) await putBack(parts.pool, leftOut, nowMs);
    if (ids.length < batchSize || !answered.includes(true)) return;
  } while (performance.now() < untilMs);
}

/** Pending ones first: their buyers wait. The index `payments_silent` has the same condition. */
export const silentText = `
  select id from payments
   where (status = 'pending' or (status = 'failed' and problem is null)) and created_at between $3 and $2
     and (asked_at is null or asked_at < least($2, $1::timestamptz - ${ageShare} * ($1::timestamptz - created_at)))
   order by status desc, asked_at nulls first limit ${batchSize} for update skip locked`;

/** Marks them as asked at once, so that another worker asks about others. In the same order: an update knows none. */
async function takeSilent(pool: Pool, nowMs: number): Promise<PaymentId[]> {
  const silent = await pool.query<{ id: PaymentId; status: string }>(
    `update payments set asked_at = $1::timestamptz where id in (${silentText}) returning id, status`,
    [new Date(nowMs), new Date(nowMs - silenceMs), new Date(nowMs - givenUpMs)],
  );
  const [pending, failed] = [silent.rows.filter(isPending), silent.rows.filter((row) => !isPending(row))];
  return [...pending, ...failed].map(({ id }) => id);
}

const isPending = ({ status }: { readonly status: string }) => status === "pending";

async function putBack(pool: Pool, ids: readonly PaymentId[], takenAtMs: number): Promise<void> {
  await pool.query("update payments set asked_at = null where id = any($1::uuid[]) and asked_at = $2", [
    ids,
    new Date(takenAtMs),
  ]);
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

/** What the provider refused to make has a problem: nothing is there to be asked about. */
function isOpen({ status, problem }: Payment): boolean {
  return status === "pending" || (status === "failed" && problem === null);
}

async function askAbout(parts: SettleWebhookParts, id: PaymentId): Promise<boolean> {
  const payment = await findPayment(parts.pool, id);
  if (payment === undefined || !isOpen(payment) || payment.providerPaymentId === null) return false;
  const { provider, providerPaymentId } = payment;
  if (provider === "wallet") return false;
  const { status, amount } = await parts.providers.of(provider).status(providerPaymentId);
  if (status === "pending" || status === payment.status) return true;
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
