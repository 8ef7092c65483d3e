import type { Sql } from "../../foundation/postgres/pool.ts";
import { parkDispute } from "./disputes.ts";
import type { DisputeFact, PaymentProviders, ProviderName } from "./payment.ts";
import { type SettleAloneParts, settleAlone, tellBuyers } from "./settle-alone.ts";
import { type LateSeats, settleFact } from "./settle-fact.ts";

export { tellBuyers };

export type SettleWebhookParts = SettleAloneParts & { readonly providers: PaymentProviders };

/** Settles one message of the inbox; a message that is settled is left alone. */
export async function settleWebhook(
  parts: SettleWebhookParts,
  { inboxId }: { inboxId: string },
): Promise<void> {
  let dispute: DisputeFact | undefined;
  const park = (fact: DisputeFact) => {
    dispute = fact;
  };
  await settleAlone(parts, (sql, seats) => settleMessage(parts, sql, inboxId, seats, park));
  if (dispute !== undefined) await parkDispute(parts, inboxId, dispute);
}

async function settleMessage(
  parts: SettleWebhookParts,
  sql: Sql,
  inboxId: string,
  seats: LateSeats | undefined,
  park: (dispute: DisputeFact) => void,
) {
  const found = await sql.query<{ provider: ProviderName; body: string }>({
    name: "lock-message",
    text: "select provider, body from webhook_inbox where id = $1 and settled_at is null for update",
    values: [inboxId],
  });
  const [message] = found.rows;
  if (message === undefined) return undefined;
  const fact = parts.providers.of(message.provider).readWebhook(message.body);
  if (fact.kind === "dispute") {
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
