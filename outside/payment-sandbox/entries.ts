import type { Behaviour } from "./behaviours.ts";

/** What happened, as the journal keeps it. */
export type Entry =
  | { readonly type: "payment_created"; readonly payment: NewPayment }
  | {
      readonly type: "second_step_asked";
      readonly paymentId: string;
      readonly behaviours: readonly Behaviour[];
    }
  | {
      readonly type: "payment_promised";
      readonly paymentId: string;
      readonly promise: Promised;
      readonly behaviours: readonly Behaviour[];
    }
  | {
      readonly type: "payment_decided";
      readonly paymentId: string;
      readonly status: Decision;
      readonly behaviours?: readonly Behaviour[];
    }
  | { readonly type: "refund_made"; readonly refund: NewRefund }
  | { readonly type: "refund_decided"; readonly refundId: string; readonly status: Decision }
  | { readonly type: "webhook_due"; readonly webhook: Webhook }
  | { readonly type: "webhook_done"; readonly webhookId: string; readonly delivered: boolean };

export type Decision = "succeeded" | "failed";

/** A decision that takes effect later, and how it is told then. Without an end it never does. */
export type Promised = { readonly status: Decision; readonly atMs: number | null; readonly telling: Telling };

/** How the news travels: copies sent at once, and so long after the fact. */
export type Telling = { readonly copies: number; readonly delayMs: number };

export const plainTelling: Telling = { copies: 1, delayMs: 0 };

export type NewPayment = {
  readonly id: string;
  readonly idempotencyKey: string;
  /** The merchant's id of the payment. */
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly returnUrl: string;
  readonly description?: string;
  readonly behaviours?: readonly Behaviour[];
};

export type NewRefund = {
  readonly id: string;
  readonly idempotencyKey: string;
  readonly paymentId: string;
  readonly amountMinor: number;
  /** The merchant's id of the refund; the key where it gave none. */
  readonly reference?: string;
  readonly status?: "pending" | Decision;
  /** Of one that is pending, or that will be taken back: how it ends, and when. */
  readonly ending?: { readonly status: Decision; readonly atMs: number };
};

export type Webhook = {
  readonly id: string;
  readonly body: string;
  readonly copies: number;
  readonly dueAtMs: number;
  readonly isForgedFirst?: boolean;
  readonly isUnknownFirst?: boolean;
  /** Waits until another has overtaken it. */
  readonly isHeldBack?: boolean;
};
