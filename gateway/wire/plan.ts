import { z } from "zod";
import type { OnsaleEvent, Section } from "../../booking-core/events/event.ts";
import { seatClasses } from "../../booking-core/seats/seat-bytes.ts";
import type { EventId, OfferId, SectionId } from "../../foundation/ids.ts";
import { idSchema } from "./id.ts";
import { moneySchema, moneyView } from "./money.ts";

const namesSchema = z
  .union([z.strictObject({ first: z.int(), step: z.int() }), z.array(z.string())])
  .meta({ description: "What is printed on its seats: counted from a number on, or each by its own." });

const blockSchema = z.strictObject({
  row: z.int().min(0).meta({ description: "Its place among the section's rows." }),
  column: z.int().min(0).meta({ description: "Where in the row its first seat stands, gaps counted." }),
  first: z.int().min(0).meta({ description: "The number of its first seat; the others follow." }),
  seats: z.int().positive(),
  names: namesSchema,
  offer: z.int().min(0).meta({ description: "Its place among the section's offers." }),
  restrictedView: z.boolean(),
});

const offerSchema = z.strictObject({
  id: idSchema<OfferId>("The offer."),
  category: z.string(),
  price: moneySchema,
});

const seatNumbers = z.array(z.int().min(0));

const sectionSchema = z.strictObject({
  id: idSchema<SectionId>("The section."),
  name: z.string(),
  kind: z.enum(["seated", "standing"]),
  capacity: z.int().positive(),
  offers: z.array(offerSchema),
  rows: z.array(z.string()).meta({ description: "As printed, from the front; empty in a standing section." }),
  blocks: z
    .array(blockSchema)
    .meta({ description: "Seats beside each other, in the order of their seat numbers." }),
  accessible: seatNumbers.meta({ description: "Seats that are accessible, whatever their state." }),
  companions: seatNumbers.meta({ description: "Seats for those who come with them." }),
});

export const planSchema = z
  .strictObject({ eventId: idSchema<EventId>("The event."), sections: z.array(sectionSchema) })
  .meta({ id: "Plan" });

export function planView({ id, sections }: Pick<OnsaleEvent, "id" | "sections">): z.input<typeof planSchema> {
  return { eventId: id, sections: sections.map(sectionView) };
}

/** Who has blocked or keeps seats is nobody's business: these are only seen as such in the snapshot. */
function sectionView(section: Section): z.input<typeof sectionSchema> {
  const { id, name, kind, capacity, offers, rows, marks } = section;
  const ofClass = (wanted: number) =>
    marks.flatMap(([seat, seatClass]) => (seatClass === wanted ? [seat] : []));
  return {
    id,
    name,
    kind,
    capacity,
    offers: offers.map((offer) => ({
      id: offer.id,
      category: offer.category,
      price: moneyView(offer.price),
    })),
    rows: [...rows],
    blocks: blocksView(section),
    accessible: ofClass(seatClasses.accessible),
    companions: ofClass(seatClasses.companion),
  };
}

function blocksView({ blocks, segments }: Section): z.input<typeof blockSchema>[] {
  return blocks.map(({ row, column, first, seats, names, segment }) => {
    const { offer = 0, restrictedView = false } = segments[segment] ?? {};
    return { row, column, first, seats, names: "first" in names ? names : [...names], offer, restrictedView };
  });
}
