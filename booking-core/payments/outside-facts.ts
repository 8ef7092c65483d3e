import type { Logger } from "../../foundation/log.ts";
import { formatMoney } from "../../foundation/money.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { findSubject, type PaymentSubject } from "./find-payment.ts";
import type { DisputeFact, HandRefundFact, OutsideFact, PaymentProviders, ProviderFact } from "./payment.ts";

export type OutsideParts = {
  readonly pool: Pool;
  readonly providers: PaymentProviders;
  readonly logger: Logger;
};

export function isOutside(fact: ProviderFact): fact is OutsideFact {
  return fact.kind === "dispute" || fact.kind === "refund_by_hand";
}

/**
 * A buyer's bank takes money back, or says how that ended; or somebody gave it back at the provider itself. Nothing follows
 * by itself: the message is parked for people, under the names of what it is about. The provider is asked for that outside
 * of any transaction; where it does not answer, the message comes again.
 */
export async function parkOutside(parts: OutsideParts, inboxId: string, fact: OutsideFact): Promise<void> {
  const { provider, charge, providerEventId } = fact;
  const about = await findSubject(
    parts.pool,
    provider,
    await parts.providers.of(provider).chargedPayment(charge),
  );
  const outcome = about === undefined ? "it is of what is not ours" : sentenceOf(fact, about);
  const parked = await parts.pool.query(
    `update webhook_inbox set settled_at = now(), status = $2, outcome = $3, attempts = attempts + 1
      where id = $1 and settled_at is null`,
    [inboxId, about === undefined ? "ignored" : "parked", outcome],
  );
  if (about === undefined || parked.rowCount !== 1) return;
  const { message, ...said } = noteOf(fact);
  parts.logger.error({ inboxId, providerEventId, ...said, ...about }, message);
}

function noteOf(fact: OutsideFact) {
  if (fact.kind === "dispute") {
    const { disputeId, reason, status } = fact;
    return { message: "a payment is disputed", disputeId, reason, status };
  }
  const { providerRefundId, status } = fact;
  return { message: "money of a payment was given back by hand", providerRefundId, status };
}

function sentenceOf(fact: OutsideFact, about: PaymentSubject): string {
  return fact.kind === "dispute" ? disputeSentence(fact, about) : handRefundSentence(fact, about);
}

function disputeSentence(
  { disputeId, amount, reason, status, answerByMs }: DisputeFact,
  about: PaymentSubject,
): string {
  const until = answerByMs === null ? "" : `, to be answered by ${new Date(answerByMs).toISOString()}`;
  return `dispute ${disputeId} over ${formatMoney(amount)} of ${nameOf(about)}: ${reason}, ${status}${until}`;
}

function handRefundSentence(
  { providerRefundId, amount, status }: HandRefundFact,
  about: PaymentSubject,
): string {
  const event = about.eventId === null ? "" : ` of event ${about.eventId}`;
  return `refund ${providerRefundId} by hand of ${formatMoney(amount)} of ${nameOf(about)}${event}: ${status}`;
}

function nameOf({ paymentId, bookingId }: PaymentSubject): string {
  return bookingId === null
    ? `payment ${paymentId}, a top-up`
    : `payment ${paymentId} of booking ${bookingId}`;
}
