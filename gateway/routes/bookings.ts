import { z } from "zod";
import type { BookRefusal } from "../../booking-core/bookings/book-request.ts";
import type { BookingId, EventId } from "../../foundation/ids.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { bookingSchema, bookingView, bookRequestSchema } from "../wire/booking.ts";
import { idSchema } from "../wire/id.ts";
import type { Refusal } from "../wire/problem.ts";

export const book = defineRoute({
  name: "book",
  method: "post",
  path: "/v1/events/:eventId/bookings",
  summary: "Book seats. 201 means durable; the seats are kept until the deadline.",
  access: "pass",
  params: z.strictObject({ eventId: idSchema<EventId>("The event.") }),
  body: bookRequestSchema,
  idempotent: true,
  answers: {
    201: { description: "Booked; `Location` names the booking.", json: bookingSchema },
    200: { description: "This key booked before; the booking as it is now.", json: bookingSchema },
  },
  refusals: [
    "sold_out",
    "seats_taken",
    "seats_unknown",
    "seats_reserved",
    "leaves_single",
    "section_named_twice",
    "sections_too_few",
    "nothing_offered",
    "code_invalid",
    "offer_closed",
    "event_cancelled",
    "too_many_seats",
    "buyer_limit_reached",
    "idempotency_key_reused",
    "not_found",
    "too_many_requests",
  ],
  async handle({ services, guards, params: { eventId }, body, headers, buyer, address }) {
    const tooOften = body.code === undefined ? undefined : guards.take("guesses", address());
    if (tooOften !== undefined) return tooOften;
    const startedAtMs = services.clock.now();
    const outcome = await services.bookings.book({
      eventId,
      ...body,
      buyer,
      idempotencyKey: headers.idempotencyKey as string,
    });
    const failed = outcome.outcome === "busy" || outcome.outcome === "unavailable";
    // By this the room's automatic pace knows how much the booking path can take.
    const tookMs = services.clock.now() - startedAtMs;
    services.roomWatches.known(eventId)?.bookings.record(tookMs, !failed);
    if (outcome.outcome === "nothing_offered") return nothingOffered(outcome);
    if (outcome.outcome !== "booked") {
      const { outcome: refusal, ...more } = outcome;
      return { refusal, ...more };
    }
    const { booking, fresh } = outcome;
    const event = await services.catalogue.find(eventId);
    return reply(fresh ? 201 : 200, bookingView(booking, event), { Location: `/v1/bookings/${booking.id}` });
  },
});

function nothingOffered({ wish, unmet }: Extract<BookRefusal, { outcome: "nothing_offered" }>): Refusal {
  const message =
    unmet.length === 1
      ? "Nothing that the event offers fits this."
      : "Nothing that the event offers fits this and the others that are named.";
  const problems = unmet.map((field) => ({ path: `wishes.${wish}.${field}`, message }));
  return { refusal: "nothing_offered", problems };
}

export const showBooking = defineRoute({
  name: "showBooking",
  method: "get",
  path: "/v1/bookings/:bookingId",
  summary: "A booking of the buyer.",
  access: "buyer",
  params: z.strictObject({ bookingId: idSchema<BookingId>("The booking.") }),
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The booking.", json: bookingSchema } },
  refusals: ["not_found"],
  async handle({ services, params, buyer }) {
    const booking = await services.bookings.find(buyer.buyerId, params.bookingId);
    if (booking === undefined) return { refusal: "not_found" };
    const event = await services.catalogue.find(booking.eventId);
    return reply(200, bookingView(booking, event));
  },
});
