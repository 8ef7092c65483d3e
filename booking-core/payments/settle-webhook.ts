import type { Sql } from "../../foundation/postgres/pool.ts";
import { isOutside, parkOutside } from "./outside-facts.ts";
import type { OutsideFact, PaymentProviders, ProviderName } from "./payment.ts";
import { type SettleAloneParts, settleAlone, tellBuyers } from "./settle-alone.ts";
import { type LateSeats, settleFact } from "./settle-fact.ts";

export { tellBuyers };

export type SettleWebhookParts = SettleAloneParts & { readonly providers: PaymentProviders };

/** Settles one message of the inbox; a message that is settled is left alone. */
export async function settleWebhook(
  parts: SettleWebhookParts,
  { inboxId }: { inboxId: string },
): Promise<void> {
  let outside: OutsideFact | undefined;
  const park = (fact: OutsideFact) => {
    outside = fact;
  };
  await settleAlone(parts, (sql, seats) => settleMessage(parts, sql, inboxId, seats, park));
  if (outside !== undefined) await parkOutside(parts, inboxId, outside);
}

async function settleMessage(
  parts: SettleWebhookParts,
  sql: Sql,
  inboxId: string,
  seats: LateSeats | undefined,
  park: (outside: OutsideFact) => void,
) {
  const found = await sql.query<{ provider: ProviderName; body: string }>({
    name: "lock-message",
    text: "select provider, body from webhook_inbox where id = $1 and settled_at is null for update",
    values: [inboxId],
  });
  const [message] = found.rows;
  if (message === undefined) return undefined;
  const fact = parts.providers.of(message.provider).readWebhook(message.body);
  if (isOutside(fact)) {
    park(fact);
    return undefined;
  }
  const result = await settleFact(parts, sql, fact, seats);
  if (result.status === "late") return result;
  await sql.query({
    name: "settle-message",
    text: "update webhook_inbox set settled_at = now(), status = $2, outcome = $3, attempts = attempts + 1 where id = $1",
    values: [inboxId, result.status, result.outcome],
  });
  return result;
}
