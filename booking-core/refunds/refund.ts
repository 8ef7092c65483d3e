import type { BookingId, PaymentId, RefundId } from "../../foundation/ids.ts";
import type { ProviderName } from "../payments/payment.ts";

export const refundReasons = [
  "buyer",
  "organiser",
  "event_cancelled",
  "too_late",
  "paid_twice",
  "wrong_amount",
] as const;
export type RefundReason = (typeof refundReasons)[number];

/**
 *   pending ──the provider has given it back──▶ done
 *      └──the provider says no──▶ parked ──people──▶ pending
 *   done ──the provider takes it back──▶ parked
 * What goes to the wallet is there at once; a refund that has no other part begins as done.
 */
export type Refund = {
  readonly id: RefundId;
  readonly paymentId: PaymentId;
  readonly bookingId: BookingId | null;
  readonly reason: RefundReason;
  /** Of the booking, whose tickets are void; nothing where the payment bought none. */
  readonly positions: readonly number[] | null;
  /** Through the provider. */
  readonly amountMinor: bigint;
  readonly walletMinor: bigint;
  readonly currency: string;
  readonly status: "pending" | "done" | "parked";
  readonly provider: ProviderName | "wallet";
  readonly providerPaymentId: string | null;
  readonly problem: string | null;
  /** People's tries after the provider said no. */
  readonly attempt: number;
  readonly createdAtMs: number;
};
