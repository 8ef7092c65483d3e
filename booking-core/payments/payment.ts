import type { BookingId, PaymentId } from "../../foundation/ids.ts";
import type { Money } from "../../foundation/money.ts";

export type PaymentStatus = "created" | "pending" | "succeeded" | "failed" | "refunding" | "refunded";

export type Payment = {
  readonly id: PaymentId;
  readonly bookingId: BookingId;
  readonly provider: "sandbox";
  readonly providerPaymentId: string | null;
  readonly status: PaymentStatus;
  readonly amount: Money;
  /** Where the buyer pays. */
  readonly payUrl: string | null;
};

/**
 * What a provider says of one payment or refund, by webhook or when asked. A kind that we do not know is kept and
 * ignored; a message of a kind that we know, but cannot read, is kept for people.
 */
export type ProviderFact =
  | PaymentFact
  | { readonly providerEventId: string; readonly kind: "other" }
  | { readonly providerEventId: string; readonly kind: "unreadable" };

export type PaymentFact = {
  readonly providerEventId: string;
  readonly kind: "payment_succeeded" | "payment_failed" | "refund_succeeded" | "refund_failed";
  readonly providerPaymentId: string;
  /** Our id of the payment, as the provider was told. */
  readonly paymentId: PaymentId;
  readonly amount: Money;
};

/** A payment provider. Every call is idempotent by `paymentId`; an error or time-out is an unknown outcome. */
export type PaymentProvider = {
  readonly name: Payment["provider"];
  create(payment: {
    paymentId: PaymentId;
    bookingId: BookingId;
    amount: Money;
    returnUrl: string;
  }): Promise<{ providerPaymentId: string; payUrl: string }>;
  /** The amount too: what was paid is the provider's to say, not ours to suppose. */
  status(providerPaymentId: string): Promise<{
    status: "pending" | "succeeded" | "failed" | "refunded";
    amount: Money;
  }>;
  refund(refund: {
    paymentId: PaymentId;
    providerPaymentId: string;
    amount: Money;
  }): Promise<"succeeded" | "pending" | "failed">;
  /** Nothing where the signature is wrong or too old. The raw body, never a parsed one. */
  verifyWebhook(rawBody: Buffer, signatureHeader: string, nowMs: number): ProviderFact | undefined;
  /** What a body says that was verified when it came. */
  readWebhook(body: string): ProviderFact;
};
