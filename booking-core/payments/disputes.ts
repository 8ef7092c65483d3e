import { type BookingId, type EventId, isUuid, type PaymentId } from "../../foundation/ids.ts";
import type { Logger } from "../../foundation/log.ts";
import { formatMoney } from "../../foundation/money.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { DisputeFact, PaymentProviders } from "./payment.ts";

export type DisputeParts = {
  readonly pool: Pool;
  readonly providers: PaymentProviders;
  readonly logger: Logger;
};

type Disputed = {
  readonly paymentId: PaymentId;
  readonly bookingId: BookingId | null;
  eventId: EventId | null;
};

/**
 * A buyer's bank takes money back, or says how that ended. Nothing follows by itself: the message is parked for people,
 * under the names of what it is about. The provider is asked for that outside of any transaction; where it does not
 * answer, the message comes again.
 */
export async function parkDispute(parts: DisputeParts, inboxId: string, fact: DisputeFact): Promise<void> {
  const disputed = await findDisputed(parts, fact);
  const outcome = disputed === undefined ? "a dispute of what is not ours" : sentenceOf(fact, disputed);
  const parked = await parts.pool.query(
    `update webhook_inbox set settled_at = now(), status = $2, outcome = $3, attempts = attempts + 1
      where id = $1 and settled_at is null`,
    [inboxId, disputed === undefined ? "ignored" : "parked", outcome],
  );
  if (disputed === undefined || parked.rowCount !== 1) return;
  const { providerEventId, disputeId, reason, status } = fact;
  const said = { inboxId, providerEventId, disputeId, reason, status };
  parts.logger.error({ ...said, ...disputed }, "a payment is disputed");
}

async function findDisputed(
  { pool, providers }: DisputeParts,
  { provider, charge }: DisputeFact,
): Promise<Disputed | undefined> {
  const paymentId = await providers.of(provider).disputedPayment(charge);
  if (!isUuid(paymentId ?? "")) return undefined;
  const found = await pool.query<Disputed>(
    `select p.id as "paymentId", p.booking_id as "bookingId", b.event_id as "eventId"
       from payments p left join bookings b on b.id = p.booking_id where p.id = $1 and p.provider = $2`,
    [paymentId, provider],
  );
  return found.rows[0];
}

function sentenceOf(
  { disputeId, amount, reason, status, answerByMs }: DisputeFact,
  { paymentId, bookingId }: Disputed,
): string {
  const of =
    bookingId === null ? `payment ${paymentId}, a top-up` : `payment ${paymentId} of booking ${bookingId}`;
  const until = answerByMs === null ? "" : `, to be answered by ${new Date(answerByMs).toISOString()}`;
  return `dispute ${disputeId} over ${formatMoney(amount)} of ${of}: ${reason}, ${status}${until}`;
}
