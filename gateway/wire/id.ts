import { z } from "zod";
import { uuidPattern } from "../../foundation/ids.ts";

/** The compiler's brand on an id exists in types only, so the schema of a string stands for it. */
export function idSchema<Id extends string>(description: string): z.ZodType<Id, Id> {
  return z
    .string()
    .regex(uuidPattern, "must be a UUID in lower case")
    .meta({ description, format: "uuid" }) as unknown as z.ZodType<Id, Id>;
}
