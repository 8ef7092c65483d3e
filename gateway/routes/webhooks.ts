import { z } from "zod";
import { defineRoute, noParams, reply } from "../route.ts";

export const receiveSandboxWebhook = defineRoute({
  name: "receiveSandboxWebhook",
  method: "post",
  path: "/v1/webhooks/sandbox",
  summary: "For the payment provider: its signed news. Stored, then answered; settled afterwards.",
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
  async handle({ services, rawBody, headers }) {
    const { outcome } = await services.inbox.receive("sandbox", rawBody, headers.webhookSignature ?? "");
    if (outcome === "webhook_signature_wrong") return { refusal: "webhook_signature_wrong" };
    return reply(200, { outcome });
  },
});
