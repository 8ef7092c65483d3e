import { z } from "zod";
import type { Payment } from "../../booking-core/payments/payment.ts";
import type { BookingId, PaymentId } from "../../foundation/ids.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { idSchema } from "../wire/id.ts";
import { moneySchema, moneyView } from "../wire/money.ts";

const paymentSchema = z
  .strictObject({
    id: idSchema<PaymentId>("The payment."),
    bookingId: idSchema<BookingId>("The booking; nothing where it fills a wallet.").nullable(),
    provider: z.enum(["sandbox", "stripe", "wallet"]),
    status: z.enum(["created", "pending", "succeeded", "failed", "parked"]),
    amount: moneySchema.meta({ description: "Through the provider." }),
    refunded: moneySchema.meta({ description: "What of it was given back or promised." }),
    payUrl: z.string().nullable().meta({ description: "Where the buyer pays." }),
  })
  .meta({ id: "Payment" });

export const startPayment = defineRoute({
  name: "startPayment",
  method: "post",
  path: "/v1/bookings/:bookingId/payments",
  summary: "Start to pay a booking; the buyer goes on at `payUrl`.",
  access: "buyer",
  params: z.strictObject({ bookingId: idSchema<BookingId>("The booking.") }),
  body: noBody,
  idempotent: true,
  answers: {
    201: { description: "Started.", json: paymentSchema },
    200: { description: "This key started it before.", json: paymentSchema },
  },
  refusals: ["not_found", "booking_not_payable", "payment_provider_down"],
  async handle({ services, params: { bookingId }, headers, buyer }) {
    const started = await services.payments.start({
      buyerId: buyer.buyerId,
      bookingId,
      idempotencyKey: headers.idempotencyKey as string,
      language: "en",
    });
    if (started.outcome !== "started") return { refusal: started.outcome };
    const { payment, fresh } = started;
    return reply(fresh ? 201 : 200, paymentView(payment), { Location: `/v1/bookings/${bookingId}` });
  },
});

function paymentView(payment: Payment): z.infer<typeof paymentSchema> {
  const { id, bookingId, provider, status, amount, refundedMinor, payUrl } = payment;
  return {
    id,
    bookingId,
    provider,
    status,
    amount: moneyView(amount),
    refunded: moneyView({ ...amount, amountMinor: refundedMinor }),
    payUrl,
  };
}
