import { z } from "zod";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import type { SectionWatch } from "../../booking-core/seats/followed-section.ts";
import type { SectionPicture } from "../../booking-core/seats/section-picture.ts";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import { statesOf } from "../seat-map/seat-letters.ts";
import { idSchema } from "./id.ts";

const seatsShape = {
  version: z.int().min(0).meta({ description: "Grows with each change of the section." }),
  free: z.int().min(0).meta({ description: "Seats that anybody can buy; of a standing section, places." }),
  states: z
    .string()
    .regex(/^[fachsb]*$/)
    .meta({
      description:
        "One letter a seat, in the order of seat numbers: f free, a free and accessible, c free and for a companion, h held, s sold, b blocked. Empty in a standing section.",
      example: "fffhhsacb",
    }),
};

export const seatsSchema = z
  .strictObject({ sectionId: idSchema<SectionId>("The section."), ...seatsShape })
  .meta({ id: "Seats" });

export const eventSeatsSchema = z
  .strictObject({
    eventId: idSchema<EventId>("The event."),
    sections: z
      .array(z.strictObject({ id: idSchema<SectionId>("The section."), ...seatsShape }))
      .meta({ description: "A section that is being loaded just now is left out." }),
  })
  .meta({ id: "EventSeats" });

export function seatsView(sectionId: SectionId, picture: SectionPicture): z.input<typeof seatsSchema> {
  return { sectionId, ...seatsOf(picture) };
}

export function eventSeatsView(
  { id }: Pick<OnsaleEvent, "id">,
  watches: readonly SectionWatch[],
): z.input<typeof eventSeatsSchema> {
  const sections = watches.flatMap((watch) => {
    const picture = watch.picture();
    return picture === undefined ? [] : [{ id: watch.sectionId, ...seatsOf(picture) }];
  });
  return { eventId: id, sections };
}

function seatsOf(picture: SectionPicture) {
  return { version: picture.version, free: freeOf(picture), states: statesOf(picture.seats) };
}

export function freeOf({ free }: Pick<SectionPicture, "free">): number {
  return free.reduce((sum, seats) => sum + seats, 0);
}
