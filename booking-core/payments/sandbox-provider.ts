import { z } from "zod";
import { splitSecrets } from "../../foundation/config.ts";
import { isCurrency } from "../../foundation/currencies.ts";
import type { PaymentId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { CreatedPayment, PaymentProvider, ProviderFact } from "./payment.ts";
import { readRefundKey, refundKey } from "./refund-key.ts";
import { isSigned } from "./sandbox-signature.ts";

export type SandboxSettings = {
  readonly url: string;
  readonly apiKey: string;
  /** Several, parted by commas, while one takes the place of another. */
  readonly webhookSecret: string;
};

/** It refuses nothing before the buyer has been asked. */
type SandboxProvider = Omit<PaymentProvider, "create"> & {
  create(payment: Parameters<PaymentProvider["create"]>[0]): Promise<CreatedPayment>;
};

const currency = z.string().refine(isCurrency);
const amount = z.number().int().nonnegative().transform(BigInt);
const paymentSchema = z.object({
  id: z.string(),
  payUrl: z.url(),
  status: z.enum(["pending", "succeeded", "failed", "refunded"]),
  amountMinor: amount,
  currency,
});
const refundSchema = z.object({ id: z.string(), status: z.enum(["succeeded", "pending", "failed"]) });
const refusalSchema = z.object({ code: z.literal("more_than_is_left") });
const webhookSchema = z.object({ id: z.string().min(1).max(200), type: z.string() });
const paymentNews = z.object({
  data: z.object({ paymentId: z.string(), reference: z.string(), amountMinor: amount, currency }),
});
const refundNews = z.object({
  data: paymentNews.shape.data.extend({ refundReference: z.string(), refundId: z.string().nullish() }),
});

/** The payment sandbox, spoken to as one speaks to a real provider. */
export function createSandboxProvider(settings: SandboxSettings): SandboxProvider {
  const secrets = splitSecrets(settings.webhookSecret);
  return {
    name: "sandbox",
    create: async ({ paymentId, amount: { amountMinor, currency }, description, returnUrl }) => {
      const asked = { amountMinor: toNumber(amountMinor), currency, reference: paymentId, returnUrl };
      const body = { ...asked, description };
      const created = paymentSchema.parse(accepted(await call(settings, "/v1/payments", paymentId, body)));
      return { providerPaymentId: created.id, payUrl: created.payUrl };
    },
    status: async (id) => {
      const answer = accepted(await call(settings, `/v1/payments/${encodeURIComponent(id)}`));
      const { status, amountMinor, currency } = paymentSchema.parse(answer);
      return { status: status === "refunded" ? "succeeded" : status, amount: { amountMinor, currency } };
    },
    refund: async ({ refundId, attempt = 0, providerPaymentId, amount: { amountMinor } }) => {
      const path = `/v1/payments/${encodeURIComponent(providerPaymentId)}/refunds`;
      const key = refundKey({ refundId, attempt });
      const body = { amountMinor: toNumber(amountMinor), reference: key };
      const answer = await call(settings, path, key, body);
      if (answer.status === 409 && refusalSchema.safeParse(answer.body).success)
        return { status: "failed", providerRefundId: null };
      const { id, status } = refundSchema.parse(accepted(answer));
      return { status, providerRefundId: id };
    },
    // Nobody disputes play money, or gives it back by hand.
    chargedPayment: async () => undefined,
    verifyWebhook: (rawBody, signature, nowMs) =>
      isSigned(rawBody, signature, secrets, nowMs) ? readWebhook(rawBody.toString("utf8")) : undefined,
    readWebhook,
  };
}

type SandboxAnswer = { readonly path: string; readonly status: number; readonly body: unknown };

/** A silence names who was silent: these words stand alone in the log, and with a dead letter. */
async function call(
  settings: SandboxSettings,
  path: string,
  idempotencyKey?: string,
  body?: object,
): Promise<SandboxAnswer> {
  try {
    return await ask(settings, path, idempotencyKey, body);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the payment sandbox did not answer to ${path}: ${why}`, { cause });
  }
}

async function ask(
  { url, apiKey }: SandboxSettings,
  path: string,
  idempotencyKey: string | undefined,
  body: object | undefined,
): Promise<SandboxAnswer> {
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
  return { path, status: answer.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
}

/** Anything but an answer of 2xx throws: whether it took effect is then not known, and the same key asks again. */
function accepted({ path, status, body }: SandboxAnswer): unknown {
  if (status < 200 || status > 299) throw new Error(`the payment sandbox answered ${status} to ${path}`);
  return body;
}

function readWebhook(body: string): ProviderFact {
  const content: unknown = JSON.parse(body);
  const { id: providerEventId, type } = webhookSchema.parse(content);
  switch (type) {
    case "payment.succeeded":
      return readPayment(providerEventId, "payment_succeeded", content);
    case "payment.failed":
      return readPayment(providerEventId, "payment_failed", content);
    case "refund.succeeded":
      return readRefund(providerEventId, "refund_succeeded", content);
    case "refund.failed":
      return readRefund(providerEventId, "refund_failed", content);
    default:
      return { providerEventId, kind: "other" };
  }
}

function readPayment(
  providerEventId: string,
  kind: "payment_succeeded" | "payment_failed",
  content: unknown,
): ProviderFact {
  const parsed = paymentNews.safeParse(content);
  return parsed.success
    ? { provider: "sandbox", providerEventId, kind, ...told(parsed.data.data) }
    : { providerEventId, kind: "unreadable" };
}

function readRefund(
  providerEventId: string,
  kind: "refund_succeeded" | "refund_failed",
  content: unknown,
): ProviderFact {
  const parsed = refundNews.safeParse(content);
  if (!parsed.success) return { providerEventId, kind: "unreadable" };
  const { data } = parsed.data;
  return {
    provider: "sandbox",
    providerEventId,
    kind,
    ...told(data),
    ...readRefundKey(data.refundReference),
    providerRefundId: data.refundId ?? null,
  };
}

function told({ paymentId, reference, amountMinor, currency }: z.infer<typeof paymentNews>["data"]) {
  return {
    providerPaymentId: paymentId,
    paymentId: reference as PaymentId,
    amount: { amountMinor, currency },
  };
}

function toNumber(amountMinor: bigint): number {
  if (amountMinor > BigInt(Number.MAX_SAFE_INTEGER))
    throw new Error(`an amount of ${amountMinor} is more than the provider takes`);
  return Number(amountMinor);
}
