import type { Clock } from "../../foundation/clock.ts";
import type { IdSource } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { createInboxGroups } from "./inbox-groups.ts";
import type { PaymentProviders, ProviderName } from "./payment.ts";
import { storedBody } from "./unreadable-webhooks.ts";

export type ReceiveOutcome = {
  /** busy: too many wait to be stored, and the provider shall come again. */
  readonly outcome: "stored" | "known" | "webhook_signature_wrong" | "busy";
};

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

/**
 * Verified, stored once with the job that settles it, and only then acknowledged; what cannot be read the job parks. A
 * forgery costs no row.
 */
export function createInbox(parts: InboxParts): Inbox {
  const groups = createInboxGroups(parts);
  return {
    async receive(provider, rawBody, signatureHeader) {
      const { providers, clock } = parts;
      const fact = providers.of(provider).verifyWebhook(rawBody, signatureHeader, clock.now());
      if (fact === undefined) return { outcome: "webhook_signature_wrong" };
      const { providerEventId, kind } = fact;
      const body = storedBody(rawBody);
      return { outcome: await groups.add({ provider, providerEventId, body, isIgnored: kind === "other" }) };
    },
  };
}
