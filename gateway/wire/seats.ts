import { z } from "zod";
import type { Section } from "../../booking-core/events/event.ts";
import type { SectionSnapshot } from "../../booking-core/seats/claim.ts";
import type { SectionId } from "../../foundation/ids.ts";
import { idSchema } from "./id.ts";

const rowSchema = z.strictObject({
  label: z.string(),
  firstSeatNumber: z.int().min(0).meta({ description: "The number of the row's first seat in bookings." }),
  states: z
    .string()
    .regex(/^[fhsb]*$/)
    .meta({ description: "One letter a seat: f free, h held, s sold, b blocked.", example: "fffhhsfb" }),
});

export const seatsSchema = z
  .strictObject({
    sectionId: idSchema<SectionId>("The section."),
    version: z.int().min(0).meta({ description: "Grows with each change of the section." }),
    free: z.int().min(0),
    rows: z.array(rowSchema).meta({ description: "Best first; empty in a standing section." }),
  })
  .meta({ id: "Seats" });

export function seatsView(section: Section, snapshot: SectionSnapshot): z.infer<typeof seatsSchema> {
  let firstSeatNumber = 0;
  const rows = section.rows.map(({ label, seats }) => {
    const states = snapshot.seats.slice(firstSeatNumber, firstSeatNumber + seats);
    const row = { label, firstSeatNumber, states };
    firstSeatNumber += seats;
    return row;
  });
  return { sectionId: section.id, version: snapshot.version, free: snapshot.free, rows };
}
