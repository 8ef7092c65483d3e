import { z } from "zod";
import type { OnsaleEvent, Section } from "../../booking-core/events/event.ts";
import { decimalsOf } from "../../foundation/currencies.ts";
import type { EventId, SectionId, VenueId } from "../../foundation/ids.ts";
import { idSchema } from "./id.ts";
import { offerSchema, offerView } from "./offer.ts";
import { refundTermsSchema, refundTermsView } from "./refund-policy.ts";
import { timeSchema, timeView } from "./time.ts";

const venueSchema = z.strictObject({
  id: idSchema<VenueId>("The venue."),
  name: z.string(),
  city: z.string(),
});

const sectionSchema = z
  .strictObject({
    id: idSchema<SectionId>("The section."),
    name: z.string(),
    kind: z.enum(["seated", "standing"]),
    capacity: z.int().positive(),
    offers: z
      .array(offerSchema)
      .meta({ description: "One a price; which rows each sells stands in the plan." }),
  })
  .meta({ id: "Section" });

export const eventSummarySchema = z
  .strictObject({
    id: idSchema<EventId>("The event."),
    title: z.string(),
    description: z.string(),
    venue: venueSchema,
    startsAt: timeSchema("When the event begins."),
    status: z.enum(["inactive", "active", "cancelled"]),
    currency: z.string().length(3),
    currencyDecimals: z
      .literal([0, 2, 3])
      .meta({ description: "Digits behind the point: with 2, 4500 minor units are 45.00." }),
    paymentWindowSeconds: z.number().positive().meta({ description: "How long a booking waits to be paid." }),
    extensionSeconds: z
      .number()
      .min(0)
      .meta({ description: "By how much a buyer may put off a booking's deadline, once." }),
    mostPerBuyer: z
      .int()
      .positive()
      .nullable()
      .meta({ description: "Seats that one buyer may have; null: any number." }),
    refunds: refundTermsSchema
      .nullable()
      .meta({ description: "How buyers may give tickets back; null: not at all." }),
  })
  .meta({ id: "EventSummary" });

export const eventSchema = eventSummarySchema
  .extend({ sections: z.array(sectionSchema) })
  .strict()
  .meta({ id: "Event" });

export function eventSummaryView(event: OnsaleEvent): z.infer<typeof eventSummarySchema> {
  return {
    id: event.id,
    title: event.title,
    description: event.description,
    venue: { id: event.venue.id, name: event.venue.name, city: event.venue.city },
    startsAt: timeView(event.startsAtMs),
    status: event.status,
    currency: event.currency,
    currencyDecimals: decimalsOf(event.currency),
    paymentWindowSeconds: event.paymentWindowMs / 1000,
    extensionSeconds: event.rules.extensionMs / 1000,
    mostPerBuyer: event.rules.mostPerIdentity,
    refunds: refundTermsView(event),
  };
}

export function eventView(event: OnsaleEvent): z.infer<typeof eventSchema> {
  return { ...eventSummaryView(event), sections: event.sections.map(sectionView) };
}

function sectionView({ id, name, kind, capacity, offers }: Section): z.infer<typeof sectionSchema> {
  return { id, name, kind, capacity, offers: offers.map(offerView) };
}
