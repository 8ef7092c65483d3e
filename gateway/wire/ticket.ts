import { z } from "zod";
import type { TicketUse } from "../../booking-core/tickets/ticket-facts.ts";
import type { Ticket } from "../../booking-core/tickets/tickets.ts";
import type { BookingId, EventId, SectionId, TicketId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { idSchema } from "./id.ts";
import { timeSchema, timeView } from "./time.ts";

export const ticketParams = z.strictObject({ ticketId: idSchema<TicketId>("The ticket.") });
export const ticketStatusSchema = z.enum(["valid", "used", "refunded"]);
export const issueSchema = z
  .int()
  .min(0)
  .max(limits.tickets.issuesMost)
  .meta({ description: "Counts the codes that the ticket has had before." });

export const ticketUseSchema = z
  .strictObject({ at: timeSchema("When somebody came in with it."), door: z.string() })
  .nullable()
  .meta({ description: "When and at which door the ticket was used; null: it was not." });

export const ticketSchema = z
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
    issue: issueSchema,
    code: z.string().nullable().meta({
      description:
        "What the door reads from the QR code, signed anew each time; null where the ticket was refunded.",
    }),
    status: ticketStatusSchema,
    used: ticketUseSchema,
    issuedAt: timeSchema("When it was issued."),
  })
  .meta({ id: "Ticket" });

export function ticketView(ticket: Ticket): z.infer<typeof ticketSchema> {
  const { event, label, used, issuedAtMs, ...same } = ticket;
  return {
    ...same,
    event: { id: event.id, title: event.title, startsAt: timeView(event.startsAtMs) },
    row: label?.row ?? null,
    seat: label?.seat ?? null,
    used: useView(used),
    issuedAt: timeView(issuedAtMs),
  };
}

export function useView(used: TicketUse | null): z.infer<typeof ticketUseSchema> {
  return used === null ? null : { at: timeView(used.atMs), door: used.door };
}
