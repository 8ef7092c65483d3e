import { z } from "zod";
import type { RoomNews } from "./room.ts";

const wholeNumber = z.number().int().nonnegative();

const schema: z.ZodType<RoomNews> = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("tick"),
    state: z.enum(["scheduled", "lobby", "open", "paused", "closed"]),
    servedUpTo: wholeNumber,
    waiting: wholeNumber,
  }),
  z.object({
    kind: z.literal("turns"),
    turns: z.array(z.object({ identity: z.string(), number: wholeNumber, deadlineMs: wholeNumber })),
  }),
]);

/** Reads what the script `step` published; nothing where the message is none of ours. */
export function parseRoomNews(message: string): RoomNews | undefined {
  try {
    return schema.safeParse(JSON.parse(message)).data;
  } catch {
    return undefined;
  }
}
