import { z } from "zod";
import { parseLanes } from "./lanes.ts";
import { type RoomNews, type RoomPulse, roomStates } from "./room.ts";

const count = z.number().int().nonnegative();

const speedsSchema = z.array(z.object({ ahead: z.number(), slow: z.number(), fast: z.number() }));

const pulseSchema: z.ZodType<RoomPulse> = z.object({
  ratePerMinute: z.number(),
  joinsPerSecond: z.number(),
  speeds: z.array(speedsSchema.nullable()),
  stock: z
    .array(
      z.object({
        category: z.string(),
        priceMinor: z.string(),
        currency: z.string(),
        free: count,
        held: count,
      }),
    )
    .nullable(),
  proofBits: count,
  identities: z.enum(["any", "verified"]),
  deviceBinding: z.boolean(),
  absenceGraceMs: z.number(),
  lobbyAtMs: z.number(),
  opensAtMs: z.number(),
});

const tickSchema = z
  .object({
    kind: z.literal("tick"),
    state: z.enum(roomStates),
    soldOut: z.boolean(),
    lanes: z.string(),
    laneNames: z.string(),
    waiting: count,
    incarnation: count,
    revocations: count,
    drawState: z.string(),
    about: z.string(),
  })
  .transform(({ lanes, laneNames, drawState, about, ...tick }) => ({
    ...tick,
    lanes: parseLanes(lanes, laneNames),
    drawing: drawState === "drawing",
    pulse: about === "" ? null : pulseSchema.parse(JSON.parse(about)),
  }));

const turnSchema = z.object({ identity: z.string(), lane: count, number: count, deadlineMs: count });

const schema = z.union([
  tickSchema,
  z.object({ kind: z.literal("turns"), turns: z.array(turnSchema) }),
  z.object({ kind: z.literal("revoked"), identity: z.string(), pass: count, revocations: count }),
  z.object({ kind: z.literal("drawn") }),
]);

/** Reads what the scripts published; nothing where the message is none of ours. */
export function parseRoomNews(message: string): RoomNews | undefined {
  try {
    return schema.safeParse(JSON.parse(message)).data;
  } catch {
    return undefined;
  }
}
