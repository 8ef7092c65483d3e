import { z } from "zod";

/** How many at most, as the query of an address says it. */
export function limitSchema(most: number, usual: number) {
  return z
    .string()
    .regex(/^[1-9]\d{0,5}$/, `must be a whole number from 1 to ${most}`)
    .transform(Number)
    .pipe(z.int().max(most, `must be a whole number from 1 to ${most}`))
    .default(usual)
    .meta({
      description: `How many a page has at most. Default: ${usual}.`,
      override: { type: "integer", minimum: 1, maximum: most, default: usual },
    });
}
