import { z } from "zod";
import type { TicketFacts } from "../../booking-core/tickets/ticket-facts.ts";
import type { BookingId } from "../../foundation/ids.ts";
import { defineRoute, noBody, reply, type TextAnswer } from "../route.ts";
import type { GatewayServices } from "../services.ts";
import { idSchema } from "../wire/id.ts";
import type { Refusal } from "../wire/problem.ts";
import { issueSchema, ticketParams, ticketSchema, ticketView } from "../wire/ticket.ts";

export const showTicket = defineRoute({
  name: "showTicket",
  method: "get",
  path: "/v1/tickets/:ticketId",
  summary: "A ticket of the buyer, with the code that the door reads.",
  access: "buyer",
  params: ticketParams,
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The ticket.", json: ticketSchema } },
  refusals: ["not_found"],
  async handle({ services, params: { ticketId }, buyer: { buyerId } }) {
    const ticket = await services.tickets.find(buyerId, ticketId);
    return ticket === undefined ? { refusal: "not_found" } : reply(200, ticketView(ticket));
  },
});

export const showTicketCode = defineRoute({
  name: "showTicketCode",
  method: "get",
  path: "/v1/tickets/:ticketId/code.svg",
  summary: "The QR code of a ticket as a picture.",
  access: "buyer",
  limitedBy: "tickets",
  params: ticketParams,
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The picture.", json: null, type: "image/svg+xml" } },
  refusals: ["not_found", "ticket_not_valid"],
  async handle({ services, params: { ticketId }, buyer: { buyerId } }) {
    const ticket = await services.tickets.find(buyerId, ticketId);
    if (ticket === undefined) return { refusal: "not_found" };
    if (ticket.code === null) return { refusal: "ticket_not_valid" };
    const drawn = await services.ticketDrawing.svgs([ticket.code]);
    if (drawn === "busy") return { refusal: "busy" };
    return { text: Buffer.from(drawn[0] ?? ""), headers: {}, type: "image/svg+xml" };
  },
});

export const reissueTicket = defineRoute({
  name: "reissueTicket",
  method: "post",
  path: "/v1/tickets/:ticketId/reissue",
  summary:
    "A new code for a ticket whose code was lost or copied; the door refuses the old one. The same again changes nothing.",
  access: "buyer",
  params: ticketParams,
  body: z
    .strictObject({ issue: issueSchema.meta({ description: "`issue` of the ticket whose code is to end." }) })
    .meta({ id: "ReissueRequest" }),
  idempotent: false,
  answers: { 200: { description: "The ticket with the code that it has now.", json: ticketSchema } },
  refusals: ["not_found", "ticket_not_valid", "reissues_used"],
  async handle({ services, params: { ticketId }, body: { issue }, buyer: { buyerId } }) {
    const reissued = await services.tickets.reissue(buyerId, ticketId, issue);
    if (reissued.outcome !== "reissued") return { refusal: reissued.outcome };
    return reply(200, ticketView(reissued.ticket));
  },
});

export const showTicketsPdf = defineRoute({
  name: "showTicketsPdf",
  method: "get",
  path: "/v1/bookings/:bookingId/tickets.pdf",
  summary: "All valid tickets of a booking as a PDF, a page each.",
  access: "buyer",
  limitedBy: "tickets",
  params: z.strictObject({ bookingId: idSchema<BookingId>("The booking.") }),
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The PDF.", json: null, type: "application/pdf" } },
  refusals: ["not_found", "no_valid_tickets"],
  async handle({ services, params: { bookingId }, buyer: { buyerId } }) {
    const facts = await services.tickets.facts(bookingId, buyerId);
    return facts === undefined ? { refusal: "not_found" } : pdfAnswer(services, facts);
  },
});

export async function pdfAnswer(
  { ticketDrawing }: Pick<GatewayServices, "ticketDrawing">,
  facts: TicketFacts,
): Promise<TextAnswer | Refusal> {
  if (!facts.tickets.some(({ status }) => status === "valid")) return { refusal: "no_valid_tickets" };
  const text = await ticketDrawing.pdf(facts);
  if (text === "busy") return { refusal: "busy" };
  const headers = { "Content-Disposition": `inline; filename="tickets-${facts.bookingId}.pdf"` };
  return { text, headers, type: "application/pdf" };
}
