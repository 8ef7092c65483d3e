import type { BookingId, BuyerId, PaymentId, RefundId } from "../../foundation/ids.ts";
import type { Language } from "../../foundation/language.ts";
import type { Money } from "../../foundation/money.ts";

export type ProviderName = "sandbox" | "stripe";
export type PaymentStatus = "created" | "pending" | "succeeded" | "failed" | "parked";

/**
 * Asks a provider for `amount`, and takes the rest from the buyer's wallet; where the wallet pays all, no provider is
 * asked.
 */
export type Payment = {
  readonly id: PaymentId;
  /** Nothing where it fills a wallet. */
  readonly bookingId: BookingId | null;
  readonly buyerId: BuyerId;
  readonly purpose: "booking" | "top_up";
  readonly provider: ProviderName | "wallet";
  readonly providerPaymentId: string | null;
  readonly status: PaymentStatus;
  readonly amount: Money;
  readonly walletMinor: bigint;
  readonly walletState: "none" | "held" | "taken" | "returned";
  /** Where the hold ends before the money comes, other seats of the same offers are as good. */
  readonly otherSeats: boolean;
  readonly language: Language;
  /** What the provider says has come; of a parked payment it is not what was asked for. */
  readonly received: Money | null;
  /** What was given back or promised, through the provider and to the wallet. */
  readonly refundedMinor: bigint;
  readonly walletRefundedMinor: bigint;
  /** Why it bought nothing, or what people should look at. */
  readonly problem: string | null;
  /** Where the buyer pays. */
  readonly payUrl: string | null;
};

/**
 * What a provider says of one payment or refund, by webhook or when asked. A kind that we do not know is kept and
 * ignored; a message of a kind that we know, but cannot read, is kept for people.
 */
export type ProviderFact =
  | PaymentFact
  | RefundFact
  | OutsideFact
  | { readonly providerEventId: string; readonly kind: "other" }
  | { readonly providerEventId: string; readonly kind: "unreadable" };

export type PaymentFact = {
  readonly provider: ProviderName;
  readonly providerEventId: string;
  readonly kind: "payment_succeeded" | "payment_failed";
  readonly providerPaymentId: string;
  /** Our id of the payment, as the provider was told. */
  readonly paymentId: PaymentId;
  readonly amount: Money;
};

export type RefundFact = {
  readonly provider: ProviderName;
  readonly providerEventId: string;
  readonly kind: "refund_succeeded" | "refund_failed";
  readonly providerPaymentId: string;
  readonly paymentId: PaymentId;
  /** Our id of the refund, as the provider was told. */
  readonly refundId: RefundId;
  /** Which try of it: what a provider says of an earlier one is no news of the one under way. */
  readonly attempt: number;
  readonly providerRefundId: string | null;
  readonly amount: Money;
};

/** What happened to a payment at its provider without us. It settles nothing: people decide. */
export type OutsideFact = DisputeFact | HandRefundFact;

/** A buyer's bank takes the money of a payment back, or has decided about that. */
export type DisputeFact = {
  readonly provider: ProviderName;
  readonly providerEventId: string;
  readonly kind: "dispute";
  readonly disputeId: string;
  /** What the provider calls what it is about: it does not say our id. */
  readonly charge: string;
  readonly amount: Money;
  /** Why, and how it stands, in the provider's words. */
  readonly reason: string;
  readonly status: string;
  readonly answerByMs: number | null;
};

/** Somebody gave money back at the provider itself, or that has failed since. */
export type HandRefundFact = {
  readonly provider: ProviderName;
  readonly providerEventId: string;
  readonly kind: "refund_by_hand";
  readonly providerRefundId: string;
  readonly charge: string;
  readonly amount: Money;
  /** How it stands, in the provider's words. */
  readonly status: string;
};

export type CreatedPayment = { readonly providerPaymentId: string; readonly payUrl: string };
/** For good: too small an amount, a currency or an address that it does not take. */
export type RefusedPayment = { readonly refused: string };

/** A payment provider. Every call is idempotent by our id; an error or time-out is an unknown outcome. */
export type PaymentProvider = {
  readonly name: ProviderName;
  create(payment: {
    paymentId: PaymentId;
    amount: Money;
    description: string;
    email: string;
    returnUrl: string;
  }): Promise<CreatedPayment | RefusedPayment>;
  /** The amount too: what was paid is the provider's to say, not ours to suppose. */
  status(providerPaymentId: string): Promise<{ status: "pending" | "succeeded" | "failed"; amount: Money }>;
  /** `failed`: the provider says no, for good; people can try again with the next `attempt`. */
  refund(refund: {
    refundId: RefundId;
    attempt?: number;
    paymentId: PaymentId;
    providerPaymentId: string;
    amount: Money;
  }): Promise<{ status: "succeeded" | "pending" | "failed"; providerRefundId: string | null }>;
  /** Our payment that a charge is of; nothing where it is none of ours. */
  chargedPayment(charge: string): Promise<string | undefined>;
  /**
   * Nothing where the signature is wrong or too old; throws only where it is right and the body cannot be read. The raw
   * body, never a parsed one.
   */
  verifyWebhook(rawBody: Buffer, signatureHeader: string, nowMs: number): ProviderFact | undefined;
  /** What a body says that was verified when it came; throws where it cannot be read. */
  readWebhook(body: string): ProviderFact;
};

/** New payments go to the current one; the others still settle what they began. `of` reads whatever is signed. */
export type PaymentProviders = {
  readonly current: PaymentProvider;
  of(name: ProviderName): PaymentProvider;
};
