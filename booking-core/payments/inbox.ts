import type { Clock } from "../../foundation/clock.ts";
import type { IdSource } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import type { PaymentProviders, ProviderName } from "./payment.ts";

export type ReceiveOutcome = { readonly outcome: "stored" | "known" | "webhook_signature_wrong" };

/** `receive` takes the body as it came: the signature is over its bytes. */
export type Inbox = {
  receive(provider: ProviderName, rawBody: Buffer, signatureHeader: string): Promise<ReceiveOutcome>;
};

export type InboxParts = {
  readonly pool: Pool;
  readonly providers: PaymentProviders;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly ids: IdSource;
};

/** Verified, stored once with the job that settles it, and only then acknowledged. A forgery costs no row. */
export function createInbox({ pool, providers, jobs, clock, ids }: InboxParts): Inbox {
  return {
    async receive(provider, rawBody, signatureHeader) {
      const fact = providers.of(provider).verifyWebhook(rawBody, signatureHeader, clock.now());
      if (fact === undefined) return { outcome: "webhook_signature_wrong" };
      return inTransaction(pool, async (sql) => {
        const inboxId = ids.next<string>();
        const inserted = await sql.query(
          `insert into webhook_inbox (id, provider, provider_event_id, body) values ($1, $2, $3, $4)
           on conflict (provider, provider_event_id) do nothing`,
          [inboxId, provider, fact.providerEventId, rawBody.toString("utf8")],
        );
        if (inserted.rowCount === 0) return { outcome: "known" };
        await jobs.insert(sql, "settle-webhook", [{ data: { inboxId } }]);
        return { outcome: "stored" };
      });
    },
  };
}
