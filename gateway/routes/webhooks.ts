import { z } from "zod";
import type { Inbox } from "../../booking-core/payments/inbox.ts";
import { defineRoute, noParams, reply } from "../route.ts";

/** What the routes of all providers share. */
const webhook = {
  method: "post",
  access: "webhook",
  params: noParams,
  // Verified and read from the raw bytes by the inbox; a parsed body would not be what was signed.
  body: z.unknown(),
  idempotent: false,
  answers: {
    200: {
      description: "Stored, or known already.",
      json: z.strictObject({ outcome: z.enum(["stored", "known"]) }),
    },
  },
  refusals: ["webhook_signature_wrong"],
} as const;

export const receiveSandboxWebhook = defineRoute({
  ...webhook,
  name: "receiveSandboxWebhook",
  path: "/v1/webhooks/sandbox",
  summary: "For the payment sandbox: its signed news. Stored, then answered; settled afterwards.",
  handle: ({ services, rawBody, headers }) =>
    store(services.inbox.receive("sandbox", rawBody, headers.sandboxSignature ?? "")),
});

export const receiveStripeWebhook = defineRoute({
  ...webhook,
  name: "receiveStripeWebhook",
  path: "/v1/webhooks/stripe",
  summary: "For Stripe: its signed events. Stored, then answered; settled afterwards.",
  handle: ({ services, rawBody, headers }) =>
    store(services.inbox.receive("stripe", rawBody, headers.stripeSignature ?? "")),
});

async function store(received: ReturnType<Inbox["receive"]>) {
  const { outcome } = await received;
  if (outcome === "webhook_signature_wrong") return { refusal: outcome } as const;
  return reply(200, { outcome });
}
