import { z } from "zod";
import { type BookedSeat, type Booking, bookingStatuses } from "../../booking-core/bookings/booking.ts";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { findSection } from "../../booking-core/events/find-section.ts";
import { seatLabel } from "../../booking-core/events/layout.ts";
import type { BookingId, EventId, OfferId, SectionId, TicketId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { idSchema } from "./id.ts";
import { moneySchema, moneyView } from "./money.ts";
import { timeSchema, timeView } from "./time.ts";

const { seatsPerBooking, wishesPerBooking } = limits.booking;

const seatNumber = z
  .int()
  .min(0)
  .max(limits.section.seats - 1);

const categorySchema = z.string().min(1).max(100);

const bestAvailableSchema = z
  .strictObject({
    mode: z.literal("best-available"),
    quantity: z.int().min(1).max(seatsPerBooking),
    sectionId: idSchema<SectionId>("The section; without, any.").optional(),
    categories: z
      .array(categorySchema)
      .min(1)
      .max(20)
      .refine(isWithoutDoubles, "names a category twice")
      .optional()
      .meta({ description: "Of the offers, in order of preference; without, any." }),
    upTo: z
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .meta({ description: "The most that a seat may cost, in minor units of the event's currency." }),
    fewer: z.boolean().optional().meta({
      description:
        "Whether fewer seats are welcome; of accessible ones and their companions, fewer companions. Default: false.",
    }),
    accessible: z.int().min(0).max(seatsPerBooking).optional().meta({
      description: "How many of the seats are accessible ones; the others are for companions beside them.",
    }),
    restrictedView: z
      .boolean()
      .optional()
      .meta({ description: "Whether seats with a restricted view are welcome. Default: true." }),
  })
  .refine((wish) => (wish.accessible ?? 0) <= wish.quantity, {
    path: ["accessible"],
    message: "are more than the seats",
  })
  .meta({
    id: "BestAvailable",
    description: "The best free seats, together where possible. The only mode of a standing section.",
  });

const manualSchema = z
  .strictObject({
    mode: z.literal("manual"),
    sectionId: idSchema<SectionId>("The section."),
    seatNumbers: z
      .array(seatNumber)
      .min(1)
      .max(seatsPerBooking)
      .refine(isWithoutDoubles, "names a seat twice"),
    take: z
      .enum(["all", "any"])
      .optional()
      .meta({ description: "`any` takes those of them that are free. Default: `all`." }),
  })
  .meta({ id: "Manual", description: "These seats." });

export const bookRequestSchema = z
  .strictObject({
    wishes: z
      .array(z.discriminatedUnion("mode", [bestAvailableSchema, manualSchema]))
      .min(1)
      .max(wishesPerBooking)
      .refine((wishes) => seatsOf(wishes) <= seatsPerBooking, `are for more than ${seatsPerBooking} seats`)
      .meta({ description: "Each for another section. All are met, or none is." }),
    code: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .meta({ description: "Opens seats that are kept for who has it." }),
  })
  .meta({ id: "BookRequest" });

type WishOnWire = { mode: "best-available"; quantity: number } | { mode: "manual"; seatNumbers: number[] };

function seatsOf(wishes: readonly WishOnWire[]): number {
  return wishes.reduce(
    (sum, wish) => sum + (wish.mode === "manual" ? wish.seatNumbers.length : wish.quantity),
    0,
  );
}

function isWithoutDoubles(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}

export const bookingStatusSchema = z.enum(bookingStatuses);

const bookedSeatSchema = z.strictObject({
  position: z.int().min(0),
  sectionId: idSchema<SectionId>("The section."),
  offerId: idSchema<OfferId>("The offer."),
  seatNumber: seatNumber.nullable().meta({ description: "Null in a standing section." }),
  row: z.string().nullable(),
  seat: z.string().nullable(),
  price: moneySchema,
  ticketId: idSchema<TicketId>("The ticket, once paid.").nullable(),
  ticketStatus: z
    .enum(["valid", "used", "refunded"])
    .nullable()
    .meta({ description: "`refunded`: this seat was given back, or its event was cancelled." }),
});

export const bookingSchema = z
  .strictObject({
    id: idSchema<BookingId>("The booking."),
    eventId: idSchema<EventId>("The event."),
    status: bookingStatusSchema,
    quantity: z.int().min(0),
    total: moneySchema,
    createdAt: timeSchema("When it was booked."),
    deadline: timeSchema("Until when it can be paid."),
    extended: z.boolean().meta({ description: "Whether the deadline was put off; that works once." }),
    seats: z.array(bookedSeatSchema),
  })
  .meta({ id: "Booking" });

/** `event` gives the seats their labels; without it they have numbers only. */
export function bookingView(booking: Booking, event: OnsaleEvent | undefined): z.infer<typeof bookingSchema> {
  return {
    id: booking.id,
    eventId: booking.eventId,
    status: booking.status,
    quantity: booking.quantity,
    total: moneyView(booking.total),
    createdAt: timeView(booking.createdAtMs),
    deadline: timeView(booking.deadlineMs),
    extended: booking.extended,
    seats: booking.seats.map((seat) => bookedSeatView(seat, event)),
  };
}

function bookedSeatView(
  { seatNumber: number, price, ...booked }: BookedSeat,
  event: OnsaleEvent | undefined,
): z.infer<typeof bookedSeatSchema> {
  const section = event === undefined ? undefined : findSection(event, booked.sectionId);
  const label = section === undefined || number === null ? undefined : seatLabel(section, number);
  const [row, seat] = [label?.row ?? null, label?.seat ?? null];
  return { ...booked, seatNumber: number, row, seat, price: moneyView(price) };
}
