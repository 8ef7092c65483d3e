import { type PaymentId, uuidFromParts } from "../../foundation/ids.ts";
import type { Logger } from "../../foundation/log.ts";
import type { Money } from "../../foundation/money.ts";
import type { Booking } from "../bookings/booking.ts";
import type { Changes } from "../bookings/changes.ts";
import { findBooking } from "../bookings/find-booking.ts";
import type { TicketsLinks } from "../tickets/tickets-link.ts";
import { askProvider } from "./ask-provider.ts";
import { type BeginParts, beginPayment, type PayRequest } from "./begin-payment.ts";
import { findPayment } from "./find-payment.ts";
import type { Payment } from "./payment.ts";
import { tellBuyers } from "./settle-webhook.ts";

export type PayOutcome =
  | { readonly outcome: "started"; readonly payment: Payment; readonly fresh: boolean }
  | {
      readonly outcome:
        | "not_found"
        | "booking_not_payable"
        | "payment_provider_down"
        | "too_many_payments"
        | "idempotency_key_reused";
    }
  | { readonly outcome: "wallet_insufficient"; readonly available: Money };

export type Payments = { start(request: PayRequest): Promise<PayOutcome> };

export type PaymentParts = BeginParts & {
  readonly changes: Changes;
  readonly logger: Logger;
  readonly links: Pick<TicketsLinks, "returnLink">;
};

/**
 * The row first, the provider then, the provider's answer last: whatever is lost between, the same key goes on
 * where it stopped, and the provider knows the payment by our id.
 */
export function createPayments(parts: PaymentParts): Payments {
  return {
    async start(request) {
      const { buyerId, bookingId, idempotencyKey } = request;
      const booking = (await findBooking(parts.pool, bookingId))?.booking;
      if (booking === undefined || booking.buyerId !== buyerId) return { outcome: "not_found" };
      const id = uuidFromParts("payment", bookingId, idempotencyKey) as PaymentId;
      const known = await findPayment(parts.pool, id);
      if (known !== undefined && isOther(request, known)) return { outcome: "idempotency_key_reused" };
      if (known !== undefined && known.status !== "created")
        return { outcome: "started", payment: known, fresh: false };
      if (!isPayable(booking, parts.clock.now())) return { outcome: "booking_not_payable" };
      return begin(parts, id, booking, request);
    },
  };
}

/** Of "all" nobody knows any more what it was. */
function isOther({ wallet = 0n, otherSeats = false }: PayRequest, known: Payment): boolean {
  if (otherSeats !== known.otherSeats) return true;
  if (wallet === "all") return false;
  const { walletMinor, amount } = known;
  const total = amount.amountMinor + walletMinor;
  return walletMinor !== (wallet > total ? total : wallet);
}

function isPayable(booking: Booking, nowMs: number): boolean {
  return booking.status === "pending_payment" && nowMs < booking.deadlineMs;
}

async function begin(
  parts: PaymentParts,
  id: PaymentId,
  booking: Booking,
  request: PayRequest,
): Promise<PayOutcome> {
  const begun = await beginPayment(parts, id, request);
  if (begun.outcome !== "begun") return begun;
  const { payment, fresh, changed } = begun;
  if (changed !== undefined) await tellBuyers(parts, [changed]);
  if (payment.status !== "created") return { outcome: "started", payment, fresh };
  const asked = await askProvider(parts, payment, {
    description: `Tickets of booking ${booking.id}`,
    email: booking.buyerEmail,
    returnUrl: parts.links.returnLink(booking),
  });
  if (asked === undefined) return { outcome: "payment_provider_down" };
  return { outcome: "started", payment: asked, fresh };
}
