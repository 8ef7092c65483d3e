import { z } from "zod";
import type { SectionSnapshot } from "../../booking-core/seats/claim.ts";
import { lettersOf } from "../../booking-core/seats/seat-bytes.ts";
import type { SectionId } from "../../foundation/ids.ts";
import { idSchema } from "./id.ts";

export const seatsSchema = z
  .strictObject({
    sectionId: idSchema<SectionId>("The section."),
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
  })
  .meta({ id: "Seats" });

export function seatsView(
  sectionId: SectionId,
  { version, free, seats }: SectionSnapshot,
): z.infer<typeof seatsSchema> {
  const all = free.reduce((sum, count) => sum + count, 0);
  return { sectionId, version, free: all, states: lettersOf(seats) };
}
