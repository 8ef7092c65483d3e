import { z } from "zod";
import type { PaymentId, RefundId } from "../../foundation/ids.ts";
import type { ProviderFact } from "./payment.ts";
import { fromStripeAmount } from "./stripe-money.ts";

const eventSchema = z.object({
  id: z.string().min(1).max(200),
  type: z.string(),
  data: z.object({ object: z.looseObject({}).default({}) }).default({ object: {} }),
});
const sessionSchema = z.object({
  id: z.string(),
  payment_status: z.enum(["paid", "unpaid", "no_payment_required"]),
  amount_total: z.number(),
  currency: z.string(),
  metadata: z.object({ payment_id: z.string() }),
});
const refundSchema = z.object({
  id: z.string(),
  status: z.string().nullable(),
  amount: z.number(),
  currency: z.string(),
  metadata: z.object({
    ...{ payment_id: z.string(), session_id: z.string(), refund_id: z.string() },
    attempt: z.coerce.number().int().nonnegative().default(0),
  }),
});

const handRefundSchema = z.object({
  id: z.string(),
  payment_intent: z.string(),
  amount: z.number(),
  currency: z.string(),
  status: z.string().nullable(),
});

const disputeSchema = z.object({
  id: z.string(),
  payment_intent: z.string(),
  amount: z.number(),
  currency: z.string(),
  reason: z.string(),
  status: z.string(),
  evidence_details: z.object({ due_by: z.number().nullable() }).nullish(),
});

/**
 * A session is told by its end alone: a card that is refused is no end, the buyer may take another in the same session.
 * The events of payment intents and charges say nothing more, but for disputes: their beginning and their end. Of refunds
 * made by hand these are told too: `charge.refunded` comes of our own as well, and does not say which it is of.
 */
export function readStripeWebhook(body: string): ProviderFact {
  const { id: providerEventId, type, data } = eventSchema.parse(JSON.parse(body));
  const { object } = data;
  switch (type) {
    case "checkout.session.completed":
    case "checkout.session.async_payment_succeeded":
      return readSession(providerEventId, "payment_succeeded", object);
    case "checkout.session.async_payment_failed":
    case "checkout.session.expired":
      return readSession(providerEventId, "payment_failed", object);
    case "refund.created":
    case "refund.failed":
      return isOurs(object) ? readRefund(providerEventId, object) : readHandRefund(providerEventId, object);
    case "refund.updated":
    // What accounts of older API versions say in its place.
    case "charge.refund.updated":
      return readRefund(providerEventId, object);
    case "charge.dispute.created":
    case "charge.dispute.closed":
      return readDispute(providerEventId, object);
    default:
      return { providerEventId, kind: "other" };
  }
}

type StripeObject = { readonly [name: string]: unknown };

function readSession(
  providerEventId: string,
  kind: "payment_succeeded" | "payment_failed",
  object: StripeObject,
): ProviderFact {
  if (!isOurs(object)) return { providerEventId, kind: "other" };
  const { data: session } = sessionSchema.safeParse(object);
  const amount = session && fromStripeAmount(session.amount_total, session.currency);
  if (session === undefined || amount === undefined) return { providerEventId, kind: "unreadable" };
  // Completed by a buyer whose bank takes days: the end is still to come.
  if (kind === "payment_succeeded" && session.payment_status !== "paid")
    return { providerEventId, kind: "other" };
  const paymentId = session.metadata.payment_id as PaymentId;
  return { provider: "stripe", providerEventId, kind, providerPaymentId: session.id, paymentId, amount };
}

function readRefund(providerEventId: string, object: StripeObject): ProviderFact {
  if (!isOurs(object)) return { providerEventId, kind: "other" };
  const { data: refund } = refundSchema.safeParse(object);
  const amount = refund && fromStripeAmount(refund.amount, refund.currency);
  if (refund === undefined || amount === undefined) return { providerEventId, kind: "unreadable" };
  const status = refundStatus(refund.status);
  if (status === "pending") return { providerEventId, kind: "other" };
  const { payment_id, session_id, refund_id, attempt } = refund.metadata;
  return {
    ...{
      provider: "stripe",
      providerEventId,
      kind: `refund_${status}`,
      providerPaymentId: session_id,
      amount,
    },
    ...{ paymentId: payment_id as PaymentId, refundId: refund_id as RefundId },
    ...{ attempt, providerRefundId: refund.id },
  };
}

/** Without ids of ours: whether it is of a payment of ours, Stripe is asked. */
function readHandRefund(providerEventId: string, object: StripeObject): ProviderFact {
  // Our payments all have an intent.
  if (typeof object["payment_intent"] !== "string") return { providerEventId, kind: "other" };
  const { data: refund } = handRefundSchema.safeParse(object);
  const amount = refund && fromStripeAmount(refund.amount, refund.currency);
  if (refund === undefined || amount === undefined) return { providerEventId, kind: "unreadable" };
  const { id: providerRefundId, payment_intent: charge, status } = refund;
  return {
    ...{ provider: "stripe", providerEventId, kind: "refund_by_hand" },
    ...{ providerRefundId, charge, amount, status: status ?? "unknown" },
  };
}

/** Its metadata are its own: whether it is about a payment of ours, Stripe is asked. */
function readDispute(providerEventId: string, object: StripeObject): ProviderFact {
  // Our payments all have an intent.
  if (typeof object["payment_intent"] !== "string") return { providerEventId, kind: "other" };
  const { data: dispute } = disputeSchema.safeParse(object);
  const amount = dispute && fromStripeAmount(dispute.amount, dispute.currency);
  if (dispute === undefined || amount === undefined) return { providerEventId, kind: "unreadable" };
  const { id: disputeId, payment_intent: charge, reason, status, evidence_details } = dispute;
  const dueBy = evidence_details?.due_by ?? null;
  const answerByMs = dueBy === null ? null : dueBy * 1_000;
  return {
    ...{ provider: "stripe", providerEventId, kind: "dispute" },
    ...{ disputeId, charge, amount, reason, status, answerByMs },
  };
}

export function refundStatus(status: string | null): "succeeded" | "pending" | "failed" {
  if (status === "succeeded") return "succeeded";
  return status === "failed" || status === "canceled" ? "failed" : "pending";
}

/** Whatever else the account sells, or people gave back by hand at Stripe, carries no ids of ours. */
function isOurs({ metadata }: StripeObject): boolean {
  return typeof metadata === "object" && metadata !== null && "payment_id" in metadata;
}
