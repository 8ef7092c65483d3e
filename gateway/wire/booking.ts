import { z } from "zod";
import { type BookedSeat, type Booking, bookingStatuses } from "../../booking-core/bookings/booking.ts";
import { type OnsaleEvent, type Section, seatLabel } from "../../booking-core/events/event.ts";
import type { BookingId, EventId, OfferId, SectionId, TicketId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { idSchema } from "./id.ts";
import { moneySchema, moneyView } from "./money.ts";
import { timeSchema, timeView } from "./time.ts";

const seatNumber = z
  .int()
  .min(0)
  .max(limits.section.seats - 1);

const wishSchema = z.discriminatedUnion("mode", [
  z
    .strictObject({
      mode: z.literal("best-available"),
      quantity: z.int().min(1).max(limits.booking.seatsPerBooking),
    })
    .meta({
      description: "The best free seats, together where possible. The only mode of a standing section.",
    }),
  z
    .strictObject({
      mode: z.literal("manual"),
      seatNumbers: z
        .array(seatNumber)
        .min(1)
        .max(limits.booking.seatsPerBooking)
        .refine((numbers) => new Set(numbers).size === numbers.length, "names a seat twice"),
    })
    .meta({ description: "These seats, all or none." }),
]);

export const bookRequestSchema = z
  .strictObject({ sectionId: idSchema<SectionId>("The section."), wish: wishSchema })
  .meta({ id: "BookRequest" });

export const bookingStatusSchema = z.enum(bookingStatuses);

const bookedSeatSchema = z.strictObject({
  position: z.int().min(0),
  seatNumber: seatNumber.nullable().meta({ description: "Null in a standing section." }),
  row: z.string().nullable(),
  seat: z.string().nullable(),
  ticketId: idSchema<TicketId>("The ticket, once paid.").nullable(),
});

export const bookingSchema = z
  .strictObject({
    id: idSchema<BookingId>("The booking."),
    eventId: idSchema<EventId>("The event."),
    sectionId: idSchema<SectionId>("The section."),
    offerId: idSchema<OfferId>("The offer."),
    status: bookingStatusSchema,
    quantity: z.int().positive(),
    total: moneySchema,
    createdAt: timeSchema("When it was booked."),
    deadline: timeSchema("Until when it can be paid."),
    seats: z.array(bookedSeatSchema),
  })
  .meta({ id: "Booking" });

/** `event` gives the seats their labels; without it they have numbers only. */
export function bookingView(booking: Booking, event: OnsaleEvent | undefined): z.infer<typeof bookingSchema> {
  const section = event?.sections.find((one) => one.id === booking.sectionId);
  return {
    id: booking.id,
    eventId: booking.eventId,
    sectionId: booking.sectionId,
    offerId: booking.offerId,
    status: booking.status,
    quantity: booking.quantity,
    total: moneyView(booking.total),
    createdAt: timeView(booking.createdAtMs),
    deadline: timeView(booking.deadlineMs),
    seats: booking.seats.map((seat) => bookedSeatView(seat, section)),
  };
}

function bookedSeatView(seat: BookedSeat, section: Section | undefined): z.infer<typeof bookedSeatSchema> {
  const { position, seatNumber: number, ticketId } = seat;
  const label = section === undefined || number === null ? undefined : seatLabel(section, number);
  return { position, seatNumber: number, row: label?.row ?? null, seat: label?.seat ?? null, ticketId };
}
