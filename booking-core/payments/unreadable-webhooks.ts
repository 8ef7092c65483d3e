/** Signed messages that say nothing which could be settled: kept for people, and never a reason to answer with an error. */
import { createHash } from "node:crypto";
import type { PaymentProvider, ProviderFact } from "./payment.ts";

/**
 * The provider, whose messages are facts whatever stands in them: of no JSON at all, without an id, or with a text that
 * Postgres cannot hold, too. Told again, such a one has the same name, for it is made of the body.
 */
export function keepingUnreadable(provider: PaymentProvider): PaymentProvider {
  return {
    ...provider,
    verifyWebhook: (rawBody, signatureHeader, nowMs) =>
      readOrKeep(storedBody(rawBody), () => provider.verifyWebhook(rawBody, signatureHeader, nowMs)),
    readWebhook: (body) => readOrKeep(body, () => provider.readWebhook(body)),
  };
}

/** As the inbox has it. Postgres holds no zero byte; a body with one is no JSON, and is none in base64 either. */
export function storedBody(rawBody: Buffer): string {
  return rawBody.includes(0) ? `base64:${rawBody.toString("base64")}` : rawBody.toString("utf8");
}

function readOrKeep<Fact extends ProviderFact | undefined>(
  body: string,
  read: () => Fact,
): Fact | ProviderFact {
  try {
    const fact = read();
    return fact !== undefined && hasZeroByte(fact) ? unreadable(body) : fact;
  } catch {
    return unreadable(body);
  }
}

/** JSON can write it as an escape in any text. */
function hasZeroByte(fact: ProviderFact): boolean {
  return Object.values(fact).some((value) => typeof value === "string" && value.includes("\0"));
}

function unreadable(body: string): ProviderFact {
  const hash = createHash("sha256").update(body).digest("hex");
  return { providerEventId: `unreadable ${hash}`, kind: "unreadable" };
}
