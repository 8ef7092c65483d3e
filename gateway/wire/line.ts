import { z } from "zod";

/** What people write and others read: Postgres stores no NUL, and nothing in it turns the direction of what follows. */
export function lineSchema(most: number) {
  return z
    .string()
    .trim()
    .max(most)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+$/u, "must be one line of text");
}

export const whySchema = lineSchema(500).meta({ description: "For the audit log." });
