import type { Logger } from "../../foundation/log.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import type { Changes } from "../bookings/changes.ts";
import type { PaidBooking } from "./pay-booking.ts";
import type { PaymentProviders, ProviderName } from "./payment.ts";
import { type Settled, type SettleParts, settleFact } from "./settle-fact.ts";

export type SettleWebhookParts = SettleParts & {
  readonly pool: Pool;
  readonly providers: PaymentProviders;
  readonly changes: Changes;
};

/** Settles one message of the inbox in one transaction; a message that is settled is left alone. */
export async function settleWebhook(
  parts: SettleWebhookParts,
  { inboxId }: { inboxId: string },
): Promise<void> {
  const settled = await inTransaction(parts.pool, async (sql): Promise<Settled | undefined> => {
    const found = await sql.query<{ provider: ProviderName; body: string }>(
      "select provider, body from webhook_inbox where id = $1 and settled_at is null for update",
      [inboxId],
    );
    const [message] = found.rows;
    if (message === undefined) return undefined;
    const result = await settleFact(
      parts,
      sql,
      parts.providers.of(message.provider).readWebhook(message.body),
    );
    await sql.query(
      "update webhook_inbox set settled_at = now(), status = $2, outcome = $3, attempts = attempts + 1 where id = $1",
      [inboxId, result.status, result.outcome],
    );
    return result;
  });
  if (settled?.changed !== undefined) await tellBuyer(parts, settled.changed);
}

/** Only the news: where it cannot be told, the booking is paid all the same. */
export async function tellBuyer(
  parts: { changes: Changes; logger: Logger },
  { id, eventId, buyerId, status }: PaidBooking,
): Promise<void> {
  await parts.changes.publish(eventId, { buyerId, bookingId: id, status }).catch((error: unknown) => {
    parts.logger.warn({ err: error, eventId, bookingId: id }, "a booking's change could not be told");
  });
}
