import { z } from "zod";
import type { ChangeOutcome } from "../../booking-core/bookings/change-of-mind.ts";
import type { BookingId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { defineRoute, noBody, noParams, reply } from "../route.ts";
import type { GatewayServices } from "../services.ts";
import { bookingSchema, bookingStatusSchema, bookingView } from "../wire/booking.ts";
import { cursorSchema, cursorView } from "../wire/cursor.ts";
import { idSchema } from "../wire/id.ts";
import { limitSchema } from "../wire/limit.ts";
import type { Refusal } from "../wire/problem.ts";

const { pageMost, pageUsual } = limits.history;

export const listBookings = defineRoute({
  name: "listBookings",
  method: "get",
  path: "/v1/bookings",
  summary: "The buyer's bookings, the newest first, in pages.",
  access: "buyer",
  params: noParams,
  query: z.strictObject({
    limit: limitSchema(pageMost, pageUsual),
    cursor: cursorSchema.optional(),
    status: bookingStatusSchema.optional(),
  }),
  body: noBody,
  idempotent: false,
  answers: {
    200: {
      description: "The page.",
      json: z.strictObject({
        bookings: z.array(bookingSchema),
        next: z
          .string()
          .nullable()
          .meta({ description: "The `cursor` of the next page; null: there is none." }),
      }),
    },
  },
  refusals: [],
  async handle({ services, query: { limit, cursor, status }, buyer: { buyerId } }) {
    const page = await services.bookingHistory({ buyerId, limit, status, after: cursor });
    // Only those of the page: the buyer's history does not need every event of the shop.
    const views = page.bookings.map(async (booking) =>
      bookingView(booking, await services.catalogue.find(booking.eventId)),
    );
    return reply(200, {
      bookings: await Promise.all(views),
      next: page.next === undefined ? null : cursorView(page.next),
    });
  },
});

const params = z.strictObject({ bookingId: idSchema<BookingId>("The booking.") });

export const releaseSeats = defineRoute({
  name: "releaseSeats",
  method: "post",
  path: "/v1/bookings/:bookingId/release",
  summary: "Give some seats of an unpaid booking back. The same again changes nothing.",
  access: "buyer",
  params,
  body: z
    .strictObject({
      positions: z
        .array(
          z
            .int()
            .min(0)
            .max(limits.booking.seatsPerBooking - 1),
        )
        .min(1)
        .max(limits.booking.seatsPerBooking)
        .meta({ description: "`position` of each seat that is given back." }),
    })
    .meta({ id: "ReleaseRequest" }),
  idempotent: false,
  answers: { 200: { description: "The booking with the seats that it keeps.", json: bookingSchema } },
  refusals: [
    "not_found",
    "booking_not_changeable",
    "payment_under_way",
    "last_seat_stays",
    "seats_not_booked",
  ],
  async handle({ services, params: { bookingId }, body, buyer: { buyerId } }) {
    const outcome = await services.changeOfMind.giveBack({ bookingId, buyerId }, body.positions);
    return answerOf(services, outcome);
  },
});

export const extendBooking = defineRoute({
  name: "extendBooking",
  method: "post",
  path: "/v1/bookings/:bookingId/extension",
  summary: "Put the deadline of an unpaid booking off, once, where the event allows it.",
  access: "buyer",
  params,
  body: noBody,
  idempotent: true,
  answers: { 200: { description: "The booking with its new deadline.", json: bookingSchema } },
  refusals: ["not_found", "booking_not_changeable", "extension_refused", "extension_used"],
  async handle({ services, params: { bookingId }, headers, buyer: { buyerId } }) {
    const key = headers.idempotencyKey as string;
    return answerOf(services, await services.changeOfMind.putOff({ bookingId, buyerId }, key));
  },
});

export const cancelBooking = defineRoute({
  name: "cancelBooking",
  method: "delete",
  path: "/v1/bookings/:bookingId",
  summary: "Cancel an unpaid booking. A payment that is under way is given back once it succeeds.",
  access: "buyer",
  params,
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The booking, cancelled.", json: bookingSchema } },
  refusals: ["not_found", "booking_not_changeable"],
  async handle({ services, params: { bookingId }, buyer: { buyerId } }) {
    return answerOf(services, await services.changeOfMind.cancel({ bookingId, buyerId }));
  },
});

async function answerOf({ catalogue }: GatewayServices, outcome: ChangeOutcome) {
  if (outcome.outcome !== "changed") return { refusal: outcome.outcome } satisfies Refusal;
  const event = await catalogue.find(outcome.booking.eventId);
  return reply(200, bookingView(outcome.booking, event));
}
