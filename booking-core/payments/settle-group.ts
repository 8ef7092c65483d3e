import type { BookingId, PaymentId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { PaidBooking } from "../bookings/transitions.ts";
import { returnWallet } from "../wallet/return-wallet.ts";
import type { LateBooking } from "./claim-again.ts";
import { markFailed } from "./fail-payments.ts";
import { lockPayments } from "./find-payment.ts";
import { failedOf, isOver, lockMessages, markSettled, receivedOf, type Told } from "./group-messages.ts";
import { payBookings } from "./pay-bookings.ts";
import type { Payment, PaymentProviders } from "./payment.ts";
import type { LateSeats, SettleParts } from "./settle-fact.ts";
import { settleUnpaid, type Unpaid } from "./settle-unpaid.ts";

export type GroupParts = SettleParts & { readonly providers: PaymentProviders };

export type GroupSettled = {
  /** What became of each message that was settled; all others are left as they are. */
  readonly outcomes: ReadonlyMap<string, string>;
  /** To be told once committed. */
  readonly changed: readonly PaidBooking[];
  /** Their money waits for what is claimed for them again: with it their messages are settled in a group too. */
  readonly late: readonly LateBooking[];
};

/**
 * Settles the usual of many messages in the caller's transaction, with one statement a table: a payment under way has
 * succeeded, as it was asked for, and pays its booking, or comes late, or twice; or it has failed; or nothing is new.
 * Messages that another worker has in hand are left to it. Payments are locked in the order of their ids, then their
 * bookings, and wallets at the end.
 */
export async function settleGroup(
  parts: GroupParts,
  sql: Sql,
  inboxIds: readonly string[],
  claimed: ReadonlyMap<BookingId, LateSeats>,
): Promise<GroupSettled> {
  const messages = await lockMessages(parts, sql, inboxIds);
  const payments = await lockPayments(sql, [...new Set(messages.map(({ fact }) => fact.paymentId))]);
  const received = receivedOf(messages, payments);
  const paid = await payBookings(parts, sql, onePerBooking(received).map(payingOf));
  const left = received.filter(({ payment }) => !paid.has(payment.id));
  const unpaid = await settleUnpaid(parts, sql, left, claimed);
  const failed = failedOf(messages, payments);
  const over = [...failed, ...unpaid.givenBack].map(({ payment }) => payment);
  await markFailed(
    sql,
    failed.map(({ payment }) => payment),
  );
  if (over.length > 0) await returnWallet(parts, sql, over);
  const ends = endsOf(paid, unpaid);
  const outcomes = new Map<string, string>();
  const ended = new Map([
    ...payments,
    ...received.flatMap((one) => toSucceeded(one, ends)),
    ...failed.map(toFailed),
  ]);
  for (const { id, fact } of messages)
    if (isOver(fact, ended.get(fact.paymentId))) outcomes.set(id, "nothing new");
  for (const { id, payment } of received) {
    const end = ends.get(payment.id);
    if (end !== undefined) outcomes.set(id, end);
  }
  for (const { id } of failed) outcomes.set(id, "payment failed");
  await markSettled(sql, outcomes);
  return { outcomes, changed: [...paid.values(), ...unpaid.revived.values()], late: unpaid.late };
}

/** A second payment of one booking comes behind the first. */
function onePerBooking(received: readonly Told[]): Told[] {
  const groups = Map.groupBy(received, ({ payment }) => payment.bookingId);
  return [...groups.values()].flatMap(([first]) => (first === undefined ? [] : [first]));
}

const payingOf = ({ payment, fact: { providerPaymentId } }: Told) => ({ payment, providerPaymentId });

/** In words for the inbox. */
function endsOf(
  paid: ReadonlyMap<PaymentId, PaidBooking>,
  { revived, givenBack }: Unpaid,
): ReadonlyMap<PaymentId, string> {
  return new Map([
    ...[...paid.keys()].map((id): [PaymentId, string] => [id, "paid"]),
    ...[...revived.keys()].map((id): [PaymentId, string] => [id, "paid late"]),
    ...givenBack.map(({ payment, problem }): [PaymentId, string] => [payment.id, `${problem}: refunding`]),
  ]);
}

function toSucceeded({ payment, fact }: Told, ends: ReadonlyMap<PaymentId, string>): [PaymentId, Payment][] {
  if (!ends.has(payment.id)) return [];
  const providerPaymentId = payment.providerPaymentId ?? fact.providerPaymentId;
  return [[payment.id, { ...payment, status: "succeeded", providerPaymentId }]];
}

function toFailed({ payment }: Told): [PaymentId, Payment] {
  return [payment.id, { ...payment, status: "failed" }];
}
