import { z } from "zod";
import { addressProblems, readAddress } from "../../booking-core/people/email-address.ts";

/** Comes out in the one spelling that is kept and sent to. */
export const emailSchema = z
  .string()
  .max(320)
  .transform((text, context): string => {
    const read = readAddress(text);
    if (read.outcome === "address") return read.address;
    context.addIssue(addressProblems[read.outcome]);
    return z.NEVER;
  })
  .meta({
    description:
      "One address, without a name. A domain of another script is kept as DNS has it (`xn--…`); before the @ only ASCII is taken.",
    override: { type: "string", format: "email" },
  });
