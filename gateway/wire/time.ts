import { z } from "zod";

export function timeSchema(description: string) {
  return z.iso.datetime().meta({ description, example: "2026-12-24T19:30:00.000Z" });
}

/** As an operator gives it: with an offset too, and not before the beginning of the clocks. */
export function givenTimeSchema(description: string) {
  return z.iso
    .datetime({
      ...{ offset: true, abort: true },
      error: "must be a time with `Z` or an offset, as 2026-12-24T20:30:00+01:00",
    })
    .refine((text) => Date.parse(text) >= 0, "must not be before 1970")
    .meta({ description: `${description} UTC or with an offset.`, example: "2026-12-24T20:30:00+01:00" });
}

/** RFC 3339, UTC. */
export function timeView(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
