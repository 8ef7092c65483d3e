import { z } from "zod";
import { uuidPattern } from "../../foundation/ids.ts";
import { identityPattern } from "./entrant-leaf.ts";

const claimsSchema = z.object({
  eventId: z.string().regex(uuidPattern),
  identity: z.string().regex(identityPattern),
  lane: z.string(),
  entry: z.int().positive(),
  number: z.int().positive().optional(),
  /** The commitment as it stood when the receipt was made: a later one is another draw. */
  commitment: z.string().optional(),
});

/** What a receipt says of its holder's part in a draw. */
export type DrawReceipt = z.infer<typeof claimsSchema>;

/** Reads a buyer's own receipt without the secret that signed it; nothing where it is no receipt. */
export function decodeDrawReceipt(token: string): DrawReceipt | undefined {
  const claims = claimsSchema.safeParse(jsonOf(token.trim().split(".")[1] ?? ""));
  return claims.success ? claims.data : undefined;
}

function jsonOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
