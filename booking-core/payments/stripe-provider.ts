import Stripe from "stripe";
import { splitSecrets } from "../../foundation/config.ts";
import { limits } from "../../foundation/limits.ts";
import type { CreatedPayment, PaymentProvider, RefusedPayment } from "./payment.ts";
import { fromStripeAmount, toStripeAmount } from "./stripe-money.ts";
import { isRefusal, refundAtStripe } from "./stripe-refund.ts";
import { readStripeWebhook } from "./stripe-webhook.ts";

export type StripeSettings = {
  readonly secretKey: string;
  /** Several, parted by commas, while one takes the place of another. */
  readonly webhookSecret: string;
  /** Another place than Stripe's own. */
  readonly api?: { readonly protocol: "http" | "https"; readonly host: string; readonly port: number };
};

/** Stripe Checkout; why, in docs/adr/0013-stripe.md. A payment's id at the provider is that of its session. */
export function createStripeProvider({ secretKey, webhookSecret, api }: StripeSettings): PaymentProvider {
  const stripe = new Stripe(secretKey, {
    timeout: limits.payment.providerTimeoutMs,
    // Our own jobs ask again, with the same key.
    maxNetworkRetries: 0,
    telemetry: false,
    ...api,
  });
  const secrets = splitSecrets(webhookSecret);
  return {
    name: "stripe",
    create: (payment) => createOrRefuse(stripe, payment),
    status: async (sessionId) => statusOf(await stripe.checkout.sessions.retrieve(sessionId)),
    refund: (refund) => refundAtStripe(stripe, refund),
    chargedPayment: async (intentId) =>
      (await stripe.paymentIntents.retrieve(intentId)).metadata["payment_id"],
    verifyWebhook: (rawBody, header, nowMs) =>
      isSigned(stripe, rawBody, header, secrets, nowMs)
        ? readStripeWebhook(rawBody.toString("utf8"))
        : undefined,
    readWebhook: readStripeWebhook,
  };
}

type NewPayment = Parameters<PaymentProvider["create"]>[0];

/** Of a refusal the code alone is told: what Stripe writes to it can name the buyer. */
async function createOrRefuse(stripe: Stripe, payment: NewPayment): Promise<CreatedPayment | RefusedPayment> {
  const unitAmount = toStripeAmount(payment.amount);
  if (unitAmount === undefined) return { refused: "an amount that Stripe does not count in" };
  try {
    return await createSession(stripe, payment, unitAmount);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { refused: error.code ?? error.param ?? error.type };
  }
}

async function createSession(
  stripe: Stripe,
  { paymentId, amount, description, email, returnUrl }: NewPayment,
  unitAmount: number,
): Promise<CreatedPayment> {
  const metadata = { payment_id: paymentId };
  const price = {
    currency: amount.currency.toLowerCase(),
    unit_amount: unitAmount,
    product_data: { name: description },
  };
  const session = await stripe.checkout.sessions.create(
    {
      mode: "payment",
      line_items: [{ quantity: 1, price_data: price }],
      client_reference_id: paymentId,
      metadata,
      payment_intent_data: { metadata, description },
      customer_email: email,
      success_url: returnUrl,
      cancel_url: returnUrl,
      // The buyer pays in the currency of the price, which is what our books expect to come.
      adaptive_pricing: { enabled: false },
    },
    { idempotencyKey: paymentId },
  );
  if (session.url === null) throw new Error(`Stripe's session ${session.id} has no page`);
  return { providerPaymentId: session.id, payUrl: session.url };
}

function statusOf(session: Stripe.Checkout.Session): Awaited<ReturnType<PaymentProvider["status"]>> {
  const amount = fromStripeAmount(session.amount_total ?? Number.NaN, session.currency ?? "");
  if (amount === undefined) throw new Error(`Stripe's session ${session.id} has no amount that we can read`);
  if (session.payment_status === "paid") return { status: "succeeded", amount };
  return { status: session.status === "expired" ? "failed" : "pending", amount };
}

/** By one of our secrets, over the raw bytes, and not too old. */
function isSigned(
  stripe: Stripe,
  rawBody: Buffer,
  header: string,
  secrets: readonly string[],
  nowMs: number,
): boolean {
  const toleranceSeconds = limits.payment.webhookToleranceMs / 1_000;
  return secrets.some((secret) => {
    try {
      // Not `constructEvent`: a signed body that is no JSON would count as forged.
      return (
        stripe.webhooks.signature?.verifyHeader(
          rawBody,
          header,
          secret,
          toleranceSeconds,
          undefined,
          nowMs,
        ) === true
      );
    } catch {
      // Of some malformed headers the library does not say that the signature is wrong, it breaks.
      return false;
    }
  });
}
