import { z } from "zod";
import { seatLabel } from "../../booking-core/events/event.ts";
import type { BookingId, EventId, SectionId, TicketId } from "../../foundation/ids.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { idSchema } from "../wire/id.ts";
import { timeSchema, timeView } from "../wire/time.ts";

const ticketSchema = z
  .strictObject({
    id: idSchema<TicketId>("The ticket."),
    bookingId: idSchema<BookingId>("The booking."),
    eventId: idSchema<EventId>("The event."),
    sectionId: idSchema<SectionId>("The section."),
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
    const { id, bookingId, eventId, sectionId, position, seatNumber, code, status } = ticket;
    const event = await services.catalogue.find(eventId);
    const section = event?.sections.find((one) => one.id === sectionId);
    const label = section === undefined || seatNumber === null ? undefined : seatLabel(section, seatNumber);
    const seat = { seatNumber, row: label?.row ?? null, seat: label?.seat ?? null };
    const issuedAt = timeView(ticket.issuedAtMs);
    return reply(200, { id, bookingId, eventId, sectionId, position, ...seat, code, status, issuedAt });
  },
});
