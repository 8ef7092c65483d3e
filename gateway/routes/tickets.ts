import { z } from "zod";
import type { BookingId, EventId, SectionId, TicketId } from "../../foundation/ids.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { idSchema } from "../wire/id.ts";
import { timeSchema, timeView } from "../wire/time.ts";

const ticketSchema = z
  .strictObject({
    id: idSchema<TicketId>("The ticket."),
    bookingId: idSchema<BookingId>("The booking."),
    event: z.strictObject({
      id: idSchema<EventId>("The event."),
      title: z.string(),
      startsAt: timeSchema("When it begins."),
    }),
    section: z.strictObject({ id: idSchema<SectionId>("The section."), name: z.string() }),
    position: z.int().min(0),
    seatNumber: z.int().min(0).nullable(),
    row: z.string().nullable(),
    seat: z.string().nullable(),
    code: z.string().meta({ description: "What the door reads." }),
    status: z.enum(["valid", "used", "refunded"]),
    issuedAt: timeSchema("When it was issued."),
  })
  .meta({ id: "Ticket" });

export const showTicket = defineRoute({
  name: "showTicket",
  method: "get",
  path: "/v1/tickets/:ticketId",
  summary: "A ticket of the buyer.",
  access: "buyer",
  params: z.strictObject({ ticketId: idSchema<TicketId>("The ticket.") }),
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The ticket.", json: ticketSchema } },
  refusals: ["not_found"],
  async handle({ services, params, buyer }) {
    const ticket = await services.tickets.find(buyer.buyerId, params.ticketId);
    if (ticket === undefined) return { refusal: "not_found" };
    const { id, bookingId, event, section, position, seatNumber, label, code, status } = ticket;
    return reply(200, {
      id,
      bookingId,
      event: { id: event.id, title: event.title, startsAt: timeView(event.startsAtMs) },
      section,
      position,
      seatNumber,
      row: label?.row ?? null,
      seat: label?.seat ?? null,
      code,
      status,
      issuedAt: timeView(ticket.issuedAtMs),
    });
  },
});
