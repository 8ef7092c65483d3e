import type { Clock } from "../../foundation/clock.ts";
import { type BookingId, type BuyerId, type PaymentId, uuidFromParts } from "../../foundation/ids.ts";
import type { Logger } from "../../foundation/log.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Booking } from "../bookings/booking.ts";
import { findBooking } from "../bookings/find-booking.ts";
import { findPayment } from "./find-payment.ts";
import type { Language, Payment, PaymentProviders } from "./payment.ts";

export type PayRequest = {
  readonly buyerId: BuyerId;
  readonly bookingId: BookingId;
  readonly idempotencyKey: string;
  readonly language: Language;
};

export type PayOutcome =
  | { readonly outcome: "started"; readonly payment: Payment; readonly fresh: boolean }
  | { readonly outcome: "not_found" | "booking_not_payable" | "payment_provider_down" };

export type Payments = { start(request: PayRequest): Promise<PayOutcome> };

export type PaymentParts = {
  readonly pool: Pool;
  readonly providers: PaymentProviders;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly publicUrl: string;
};

/**
 * The row first, the provider then, the provider's answer last: whatever is lost between, the same key goes on
 * where it stopped, and the provider knows the payment by our id.
 */
export function createPayments(parts: PaymentParts): Payments {
  return {
    async start({ buyerId, bookingId, idempotencyKey, language }) {
      const booking = (await findBooking(parts.pool, bookingId))?.booking;
      if (booking === undefined || booking.buyerId !== buyerId) return { outcome: "not_found" };
      const id = uuidFromParts("payment", bookingId, idempotencyKey) as PaymentId;
      const known = await findPayment(parts.pool, id);
      if (known !== undefined && known.status !== "created")
        return { outcome: "started", payment: known, fresh: false };
      if (!isPayable(booking, parts.clock.now())) return { outcome: "booking_not_payable" };
      const fresh = known === undefined && (await insertPayment(parts, id, { bookingId, language }));
      const payment = await findPayment(parts.pool, id);
      return payment === undefined
        ? { outcome: "booking_not_payable" }
        : askProvider(parts, booking, payment, fresh);
    },
  };
}

function isPayable(booking: Booking, nowMs: number): boolean {
  return booking.status === "pending_payment" && nowMs < booking.deadlineMs;
}

/**
 * Of what the booking costs at this moment: its row is locked, so that no seat is given back meanwhile. False where the
 * same request, sent twice at once, has come first, and where the booking has just ended.
 */
async function insertPayment(
  { pool, providers, clock }: PaymentParts,
  id: PaymentId,
  { bookingId, language }: Pick<PayRequest, "bookingId" | "language">,
): Promise<boolean> {
  const inserted = await pool.query(
    `insert into payments (id, booking_id, buyer_id, provider, status, amount_minor, currency, language)
     select $1, id, buyer_id, $3, 'created', total_minor, currency, $5 from bookings
      where id = $2 and status = 'pending_payment' and deadline > $4 for share
     on conflict (id) do nothing`,
    [id, bookingId, providers.current.name, new Date(clock.now()), language],
  );
  return inserted.rowCount === 1;
}

async function askProvider(
  parts: PaymentParts,
  booking: Booking,
  payment: Payment,
  fresh: boolean,
): Promise<PayOutcome> {
  const { id } = payment;
  const created = await createAtProvider(parts, booking, payment);
  if (created === undefined) return { outcome: "payment_provider_down" };
  // A webhook may have settled it already: only what is still `created` becomes `pending`.
  await parts.pool.query(
    `update payments set provider_payment_id = $2, pay_url = $3,
            status = case status when 'created' then 'pending' else status end
      where id = $1`,
    [id, created.providerPaymentId, created.payUrl],
  );
  const asked = await findPayment(parts.pool, id);
  if (asked === undefined) throw new Error(`payment ${id} was there and is gone`);
  return { outcome: "started", payment: asked, fresh };
}

/** Nothing where the provider's answer is not known: whether it made the payment neither; the same key asks again. */
async function createAtProvider(
  { providers, publicUrl, logger }: PaymentParts,
  { id: bookingId, buyerEmail: email }: Booking,
  { id: paymentId, provider, amount }: Payment,
): Promise<{ providerPaymentId: string; payUrl: string } | undefined> {
  if (provider === "wallet") throw new Error(`payment ${paymentId} asks no provider`);
  const returnUrl = `${publicUrl}/v1/bookings/${bookingId}`;
  const description = `Tickets of booking ${bookingId}`;
  try {
    return await providers.of(provider).create({ paymentId, amount, description, email, returnUrl });
  } catch (error) {
    logger.warn({ err: error, bookingId, paymentId }, "the payment provider did not answer");
    return undefined;
  }
}
