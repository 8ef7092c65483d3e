/** The messages of a group: which say that money has come, which that none comes, and which say nothing new. */
import { isUuid, type PaymentId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { isUnderWay } from "./fail-payments.ts";
import type { Received } from "./keep-received.ts";
import type { Payment, PaymentFact, PaymentProviders, ProviderName } from "./payment.ts";
import { isOf, isSame } from "./settle-fact.ts";

/** Of the inbox. */
export type Message = { readonly id: string; readonly fact: PaymentFact };
/** One that tells of a payment which the caller has locked. */
export type Told = Message & Received;

export async function lockMessages(
  { providers }: { readonly providers: PaymentProviders },
  sql: Sql,
  inboxIds: readonly string[],
): Promise<Message[]> {
  const found = await sql.query<{ id: string; provider: ProviderName; body: string }>({
    name: "lock-messages",
    text: `select id, provider, body from webhook_inbox where id = any($1::uuid[]) and settled_at is null
      order by id for update skip locked`,
    values: [inboxIds],
  });
  return found.rows.flatMap(({ id, provider, body }) => {
    const fact = providers.of(provider).readWebhook(body);
    const isOfPayment = fact.kind === "payment_succeeded" || fact.kind === "payment_failed";
    return isOfPayment && isUuid(fact.paymentId) ? [{ id, fact }] : [];
  });
}

/** That the money of a booking's payment has come, as it was asked for. One a payment. */
export function receivedOf(messages: readonly Message[], payments: ReadonlyMap<PaymentId, Payment>): Told[] {
  const isReceived = ({ fact, payment }: Told) =>
    fact.kind === "payment_succeeded" && payment.bookingId !== null && isSame(fact, payment);
  return toldOf(messages, payments).filter(isReceived).filter(isFirstOfPayment());
}

/** That none comes. One a payment; where a message of the same group says that it has come, that one counts. */
export function failedOf(messages: readonly Message[], payments: ReadonlyMap<PaymentId, Payment>): Told[] {
  const succeeded = new Set<PaymentId>();
  for (const { fact } of messages) if (fact.kind === "payment_succeeded") succeeded.add(fact.paymentId);
  const isFailed = ({ payment }: Told) => !succeeded.has(payment.id);
  return toldOf(messages, payments).filter(isFailed).filter(isFirstOfPayment());
}

/** Of payments that are under way. */
function toldOf(messages: readonly Message[], payments: ReadonlyMap<PaymentId, Payment>): Told[] {
  return messages.flatMap(({ id, fact }) => {
    const payment = payments.get(fact.paymentId);
    return payment !== undefined && isUnderWay(payment) && isOf(fact, payment) ? [{ id, fact, payment }] : [];
  });
}

function isFirstOfPayment(): (told: Told) => boolean {
  const seen = new Set<PaymentId>();
  return ({ payment }) => !seen.has(payment.id) && seen.add(payment.id) !== undefined;
}

/** Whether it says nothing that the payment's end does not say already. */
export function isOver(fact: PaymentFact, payment: Payment | undefined): boolean {
  if (payment === undefined || !isOf(fact, payment)) return false;
  if (payment.status === "failed") return fact.kind === "payment_failed";
  return payment.status === "succeeded" || payment.status === "parked";
}

export async function markSettled(sql: Sql, outcomes: ReadonlyMap<string, string>): Promise<void> {
  if (outcomes.size === 0) return;
  await sql.query({
    name: "settle-messages",
    text: `update webhook_inbox i set settled_at = now(), status = 'settled', outcome = s.outcome, attempts = i.attempts + 1
       from unnest($1::uuid[], $2::text[]) as s (id, outcome) where i.id = s.id`,
    values: [[...outcomes.keys()], [...outcomes.values()]],
  });
}
