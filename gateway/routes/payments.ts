import { z } from "zod";
import type { BookingId, PaymentId } from "../../foundation/ids.ts";
import { languageOf } from "../http/language.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { idSchema } from "../wire/id.ts";
import { paymentSchema, paymentView } from "../wire/payment.ts";

const startPaymentSchema = z
  .strictObject({
    wallet: z
      .union([z.literal("all"), z.int().min(1)], "must be `all`, or minor units from 1")
      .optional()
      .meta({
        description:
          "What the buyer's wallet pays, in minor units of the booking's currency, never more than the price; `all`: whatever it has. The provider is asked for the rest.",
      }),
    otherSeats: z.boolean().optional().meta({
      description:
        "Whether other seats of the same offers are welcome where the money comes after the deadline. Default: false.",
    }),
  })
  .optional()
  .meta({ id: "PayRequest" });

export const startPayment = defineRoute({
  name: "startPayment",
  method: "post",
  path: "/v1/bookings/:bookingId/payments",
  summary:
    "Start to pay a booking; the buyer goes on at `payUrl`. Where the wallet pays all, the booking is paid with the answer.",
  access: "buyer",
  params: z.strictObject({ bookingId: idSchema<BookingId>("The booking.") }),
  body: startPaymentSchema,
  idempotent: true,
  answers: {
    201: { description: "Started.", json: paymentSchema },
    200: { description: "This key started it before.", json: paymentSchema },
  },
  refusals: [
    "not_found",
    "booking_not_payable",
    "payment_provider_down",
    "too_many_payments",
    "idempotency_key_reused",
    "wallet_unavailable",
    "wallet_insufficient",
  ],
  async handle({ services, params: { bookingId }, body = {}, headers, buyer }) {
    const { wallet, otherSeats = false } = body;
    if (wallet !== undefined && !buyer.verified) return { refusal: "wallet_unavailable" };
    const started = await services.payments.start({
      buyerId: buyer.buyerId,
      bookingId,
      idempotencyKey: headers.idempotencyKey as string,
      language: languageOf(headers.acceptLanguage),
      otherSeats,
      ...(wallet === undefined ? {} : { wallet: wallet === "all" ? wallet : BigInt(wallet) }),
    });
    if (started.outcome !== "started") {
      const { outcome: refusal, ...more } = started;
      return { refusal, ...more };
    }
    const { payment, fresh } = started;
    return reply(fresh ? 201 : 200, paymentView(payment), { Location: `/v1/payments/${payment.id}` });
  },
});

export const listPayments = defineRoute({
  name: "listPayments",
  method: "get",
  path: "/v1/bookings/:bookingId/payments",
  summary: "The payments that were begun for a booking, the oldest first, and how each of them stands.",
  access: "buyer",
  params: z.strictObject({ bookingId: idSchema<BookingId>("The booking.") }),
  body: noBody,
  idempotent: false,
  answers: {
    200: { description: "The payments.", json: z.strictObject({ payments: z.array(paymentSchema) }) },
  },
  refusals: ["not_found"],
  async handle({ services, params: { bookingId }, buyer: { buyerId } }) {
    const payments = await services.ownPayments.ofBooking(buyerId, bookingId);
    return payments === undefined
      ? { refusal: "not_found" }
      : reply(200, { payments: payments.map(paymentView) });
  },
});

export const showPayment = defineRoute({
  name: "showPayment",
  method: "get",
  path: "/v1/payments/:paymentId",
  summary: "How a payment of the buyer stands, of a booking or into the wallet.",
  access: "buyer",
  params: z.strictObject({ paymentId: idSchema<PaymentId>("The payment.") }),
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The payment.", json: paymentSchema } },
  refusals: ["not_found"],
  async handle({ services, params: { paymentId }, buyer: { buyerId } }) {
    const payment = await services.ownPayments.find(buyerId, paymentId);
    return payment === undefined ? { refusal: "not_found" } : reply(200, paymentView(payment));
  },
});
