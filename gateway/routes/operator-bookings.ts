import { z } from "zod";
import type { BookingId } from "../../foundation/ids.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { bookingSchema, bookingView } from "../wire/booking.ts";
import { idSchema } from "../wire/id.ts";
import { paymentSchema, paymentView } from "../wire/payment.ts";
import { refundSchema, refundView } from "../wire/refund.ts";

export const showBookingFile = defineRoute({
  name: "showBookingFile",
  method: "get",
  path: "/v1/admin/bookings/:bookingId",
  summary: "A booking of any buyer, with whose it is, its payments and its refunds.",
  access: "operator",
  params: z.strictObject({ bookingId: idSchema<BookingId>("The booking.") }),
  body: noBody,
  idempotent: false,
  answers: {
    200: {
      description: "The booking.",
      json: z
        .strictObject({
          booking: bookingSchema,
          buyerEmail: z.string(),
          payments: z.array(paymentSchema).meta({ description: "The oldest first." }),
          refunds: z.array(refundSchema).meta({ description: "The oldest first." }),
        })
        .meta({ id: "BookingFile" }),
    },
  },
  refusals: ["not_found"],
  async handle({ services, params: { bookingId } }) {
    const file = await services.bookingFiles.find(bookingId);
    if (file === undefined) return { refusal: "not_found" };
    const { booking, payments, refunds } = file;
    return reply(200, {
      booking: bookingView(booking, await services.catalogue.find(booking.eventId)),
      buyerEmail: booking.buyerEmail,
      payments: payments.map(paymentView),
      refunds: refunds.map(refundView),
    });
  },
});
