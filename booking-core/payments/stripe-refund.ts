import Stripe from "stripe";
import type { PaymentProvider } from "./payment.ts";
import { refundKey } from "./refund-key.ts";
import { toStripeAmount } from "./stripe-money.ts";
import { refundStatus } from "./stripe-webhook.ts";

type RefundWish = Parameters<PaymentProvider["refund"]>[0];
type RefundAnswer = Awaited<ReturnType<PaymentProvider["refund"]>>;

/**
 * Looked for before it is made: Stripe forgets a key after a day, and answers it again with what was true at first, but
 * its list knows each refund and how it stands.
 */
export async function refundAtStripe(stripe: Stripe, wish: RefundWish): Promise<RefundAnswer> {
  const { payment_intent: intent } = await stripe.checkout.sessions.retrieve(wish.providerPaymentId);
  const amount = toStripeAmount(wish.amount);
  if (intent === null || amount === undefined) return { status: "failed", providerRefundId: null };
  const intentId = typeof intent === "string" ? intent : intent.id;
  const known = await findRefund(stripe, intentId, wish);
  return known === undefined ? makeRefund(stripe, intentId, amount, wish) : answerOf(known);
}

async function findRefund(
  stripe: Stripe,
  intentId: string,
  { refundId, attempt = 0 }: RefundWish,
): Promise<Stripe.Refund | undefined> {
  for await (const refund of stripe.refunds.list({ payment_intent: intentId, limit: 100 }))
    if (
      refund.metadata?.["refund_id"] === refundId &&
      (refund.metadata["attempt"] ?? "0") === String(attempt)
    )
      return refund;
  return undefined;
}

async function makeRefund(
  stripe: Stripe,
  intentId: string,
  amount: number,
  { refundId, attempt = 0, paymentId, providerPaymentId }: RefundWish,
): Promise<RefundAnswer> {
  const again = attempt === 0 ? {} : { attempt: String(attempt) };
  const metadata = { refund_id: refundId, payment_id: paymentId, session_id: providerPaymentId, ...again };
  try {
    const parameters = { payment_intent: intentId, amount, metadata };
    return answerOf(
      await stripe.refunds.create(parameters, { idempotencyKey: refundKey({ refundId, attempt }) }),
    );
  } catch (error) {
    if (isRefusal(error)) return { status: "failed", providerRefundId: null };
    throw error;
  }
}

function answerOf({ id, status }: Stripe.Refund): RefundAnswer {
  return { status: refundStatus(status), providerRefundId: id };
}

/** Given back already, disputed, too old …: asking again helps nothing. An empty balance fills again. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeInvalidRequestError &&
    error.statusCode === 400 &&
    error.code !== "balance_insufficient" &&
    error.code !== "lock_timeout"
  );
}
