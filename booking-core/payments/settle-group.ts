import { type BookingId, isUuid, type PaymentId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { PaidBooking } from "../bookings/transitions.ts";
import { failPayments, isUnderWay } from "./fail-payments.ts";
import { lockPayments } from "./find-payment.ts";
import { payBookings } from "./pay-bookings.ts";
import type { Payment, PaymentFact, PaymentProviders, ProviderName } from "./payment.ts";
import { isOf, type SettleParts } from "./settle-fact.ts";

export type GroupParts = SettleParts & { readonly providers: PaymentProviders };

/** What became of each message that was settled; all others are left as they are, to be settled alone. */
export type GroupSettled = {
  readonly outcomes: ReadonlyMap<string, string>;
  readonly changed: readonly PaidBooking[];
};

type Message = { readonly id: string; readonly fact: PaymentFact };

/**
 * Settles the plain ones of many messages in the caller's transaction, with one statement a table: a payment under way
 * has succeeded, as it was asked for, and its booking waits for it; or it has failed; or nothing is new. Messages that another worker has
 * in hand are left to it. Payments are locked in the order of their ids, then their bookings.
 */
export async function settleGroup(
  parts: GroupParts,
  sql: Sql,
  inboxIds: readonly string[],
): Promise<GroupSettled> {
  const messages = await lockMessages(parts, sql, inboxIds);
  const payments = await lockPayments(sql, [...new Set(messages.map(({ fact }) => fact.paymentId))]);
  const plain = plainOf(messages, payments);
  const payings = plain.map(({ payment, fact: { providerPaymentId } }) => ({ payment, providerPaymentId }));
  const paid = await payBookings(parts, sql, payings);
  const failed = failedOf(messages, payments);
  await failPayments(
    parts,
    sql,
    failed.map(({ payment }) => payment),
  );
  const succeeded = plain.filter(({ payment }) => paid.has(payment.id)).map(toSucceeded);
  const ended = new Map([...payments, ...succeeded, ...failed.map(toFailed)]);
  const outcomes = new Map<string, string>();
  for (const { id, fact } of messages)
    if (isOver(fact, ended.get(fact.paymentId))) outcomes.set(id, "nothing new");
  for (const { id, payment } of plain) if (paid.has(payment.id)) outcomes.set(id, "paid");
  for (const { id } of failed) outcomes.set(id, "payment failed");
  await markSettled(sql, outcomes);
  return { outcomes, changed: [...paid.values()] };
}

async function lockMessages(
  { providers }: GroupParts,
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

type Plain = Message & { readonly payment: Payment };

/** Of one payment, and of one booking, there is one: what comes after it is settled when it has been. */
function plainOf(messages: readonly Message[], payments: ReadonlyMap<PaymentId, Payment>): Plain[] {
  const bookings = new Set<BookingId | null>([null]);
  return messages.flatMap(({ id, fact }) => {
    const payment = payments.get(fact.paymentId);
    if (payment === undefined || !isPlain(fact, payment) || bookings.has(payment.bookingId)) return [];
    bookings.add(payment.bookingId);
    return [{ id, fact, payment }];
  });
}

/** One a payment. Where a message of the same group says that it has succeeded, that one counts. */
function failedOf(messages: readonly Message[], payments: ReadonlyMap<PaymentId, Payment>): Plain[] {
  const told = new Set<PaymentId>();
  for (const { fact } of messages) if (fact.kind === "payment_succeeded") told.add(fact.paymentId);
  return messages.flatMap(({ id, fact }) => {
    const payment = payments.get(fact.paymentId);
    if (payment === undefined || told.has(payment.id) || !isUnderWay(payment) || !isOf(fact, payment))
      return [];
    told.add(payment.id);
    return [{ id, fact, payment }];
  });
}

function isPlain(fact: PaymentFact, payment: Payment): boolean {
  const { kind, amount } = fact;
  return (
    kind === "payment_succeeded" &&
    isUnderWay(payment) &&
    isOf(fact, payment) &&
    amount.amountMinor === payment.amount.amountMinor &&
    amount.currency === payment.amount.currency
  );
}

function toSucceeded({ payment, fact }: Plain): [PaymentId, Payment] {
  const providerPaymentId = payment.providerPaymentId ?? fact.providerPaymentId;
  return [payment.id, { ...payment, status: "succeeded", providerPaymentId }];
}

function toFailed({ payment }: Plain): [PaymentId, Payment] {
  return [payment.id, { ...payment, status: "failed" }];
}

function isOver(fact: PaymentFact, payment: Payment | undefined): boolean {
  if (payment === undefined || !isOf(fact, payment)) return false;
  if (payment.status === "failed") return fact.kind === "payment_failed";
  return payment.status === "succeeded" || payment.status === "parked";
}

async function markSettled(sql: Sql, outcomes: ReadonlyMap<string, string>): Promise<void> {
  if (outcomes.size === 0) return;
  await sql.query({
    name: "settle-messages",
    text: `update webhook_inbox i set settled_at = now(), status = 'settled', outcome = s.outcome, attempts = i.attempts + 1
       from unnest($1::uuid[], $2::text[]) as s (id, outcome) where i.id = s.id`,
    values: [[...outcomes.keys()], [...outcomes.values()]],
  });
}
