import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { PaymentId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { PaymentFact, PaymentProvider, ProviderFact } from "./payment.ts";

export type SandboxSettings = {
  readonly url: string;
  readonly apiKey: string;
  readonly webhookSecret: string;
};

const amount = z.number().int().nonnegative().transform(BigInt);
const paymentSchema = z.object({
  id: z.string(),
  payUrl: z.url(),
  status: z.enum(["pending", "succeeded", "failed", "refunded"]),
  amountMinor: amount,
  currency: z.string(),
});
const refundSchema = z.object({ id: z.string(), status: z.enum(["succeeded", "pending", "failed"]) });
const webhookSchema = z.object({ id: z.string().min(1).max(200), type: z.string() });
const webhookDataSchema = z.object({
  data: z.object({ paymentId: z.string(), reference: z.string(), amountMinor: amount, currency: z.string() }),
});

const kinds: Readonly<Record<string, PaymentFact["kind"]>> = {
  "payment.succeeded": "payment_succeeded",
  "payment.failed": "payment_failed",
};

/** The payment sandbox, spoken to as one speaks to a real provider. */
export function createSandboxProvider(settings: SandboxSettings): PaymentProvider {
  return {
    name: "sandbox",
    create: async ({ paymentId, amount: { amountMinor, currency }, returnUrl }) => {
      const body = { amountMinor: toNumber(amountMinor), currency, reference: paymentId, returnUrl };
      const created = paymentSchema.parse(await call(settings, "/v1/payments", paymentId, body));
      return { providerPaymentId: created.id, payUrl: created.payUrl };
    },
    status: async (id) => {
      const path = `/v1/payments/${encodeURIComponent(id)}`;
      const { status, amountMinor, currency } = paymentSchema.parse(await call(settings, path));
      return { status: status === "refunded" ? "succeeded" : status, amount: { amountMinor, currency } };
    },
    refund: async ({ refundId, providerPaymentId }) => {
      const path = `/v1/payments/${encodeURIComponent(providerPaymentId)}/refunds`;
      const { id, status } = refundSchema.parse(await call(settings, path, `refund-${refundId}`, {}));
      return { status, providerRefundId: id };
    },
    verifyWebhook: (rawBody, signature, nowMs) =>
      isSigned(rawBody, signature, settings.webhookSecret, nowMs)
        ? readWebhook(rawBody.toString("utf8"))
        : undefined,
    readWebhook,
  };
}

/** Anything but an answer of 2xx throws: whether it took effect is then not known, and the same key asks again. */
async function call(
  { url, apiKey }: SandboxSettings,
  path: string,
  idempotencyKey?: string,
  body?: object,
): Promise<unknown> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${apiKey}`,
    "content-type": "application/json",
  };
  if (idempotencyKey !== undefined) headers["idempotency-key"] = idempotencyKey;
  const answer = await fetch(`${url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(limits.payment.providerTimeoutMs),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the payment sandbox answered ${answer.status} to ${path}`);
  return JSON.parse(text);
}

function readWebhook(body: string): ProviderFact {
  const content: unknown = JSON.parse(body);
  const { id: providerEventId, type } = webhookSchema.parse(content);
  const kind = kinds[type];
  if (kind === undefined) return { providerEventId, kind: "other" };
  const parsed = webhookDataSchema.safeParse(content);
  if (!parsed.success) return { providerEventId, kind: "unreadable" };
  const { data } = parsed.data;
  return {
    providerEventId,
    kind,
    providerPaymentId: data.paymentId,
    paymentId: data.reference as PaymentId,
    amount: { amountMinor: data.amountMinor, currency: data.currency },
  };
}

/** `t=SECONDS,v1=HEX`, with one `v1` for each secret while a provider changes it. */
function isSigned(rawBody: Buffer, header: string, secret: string, nowMs: number): boolean {
  const parts = header.split(",").map((part) => part.trim().split("="));
  const seconds = parts.find(([name]) => name === "t")?.[1] ?? "";
  const isRecent =
    /^\d{1,12}$/.test(seconds) &&
    Math.abs(nowMs - Number(seconds) * 1_000) <= limits.payment.webhookToleranceMs;
  if (!isRecent) return false;
  const expected = createHmac("sha256", secret).update(`${seconds}.`).update(rawBody).digest();
  const signatures = parts.filter(([name]) => name === "v1").slice(0, limits.payment.signaturesPerWebhook);
  return signatures.some(([, hex = ""]) => isEqual(Buffer.from(hex, "hex"), expected));
}

function isEqual(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function toNumber(amountMinor: bigint): number {
  if (amountMinor > BigInt(Number.MAX_SAFE_INTEGER))
    throw new Error(`an amount of ${amountMinor} is more than the provider takes`);
  return Number(amountMinor);
}
