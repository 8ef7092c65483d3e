import { z } from "zod";
import type { ProviderName } from "../../booking-core/payments/payment.ts";
import type { Guards } from "../guard/guards.ts";
import { defineRoute, noParams, reply } from "../route.ts";
import type { GatewayServices } from "../services.ts";

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
  refusals: ["webhook_signature_wrong", "too_many_requests"],
} as const;

export const receiveSandboxWebhook = defineRoute({
  ...webhook,
  name: "receiveSandboxWebhook",
  path: "/v1/webhooks/sandbox",
  summary: "For the payment sandbox: its signed news. Stored, then answered; settled afterwards.",
  handle: (call) => receive(call, "sandbox", call.headers.sandboxSignature ?? ""),
});

export const receiveStripeWebhook = defineRoute({
  ...webhook,
  name: "receiveStripeWebhook",
  path: "/v1/webhooks/stripe",
  summary: "For Stripe: its signed events. Stored, then answered; settled afterwards.",
  handle: (call) => receive(call, "stripe", call.headers.stripeSignature ?? ""),
});

type WebhookCall = {
  readonly services: Pick<GatewayServices, "inbox">;
  readonly guards: Guards;
  readonly rawBody: Buffer;
  readonly address: () => string;
};

/** Who forges is told so a few times, and then only to come later. */
async function receive(
  { services, guards, rawBody, ...call }: WebhookCall,
  provider: ProviderName,
  signature: string,
) {
  const address = call.address();
  const { outcome } = await services.inbox.receive(provider, rawBody, signature);
  if (outcome === "webhook_signature_wrong")
    return guards.take("forgeries", address) ?? ({ refusal: outcome } as const);
  if (outcome === "busy") return { refusal: outcome } as const;
  return reply(200, { outcome });
}
