import { z } from "zod";
import type { Standing } from "../../queue-admission/room.ts";
import { timeSchema, timeView } from "./time.ts";

export const roomStateSchema = z.enum(["scheduled", "lobby", "open", "paused", "closed"]);

const placeNumber = z.int().positive().meta({ description: "The place's number; it never changes." });

const waitingSchema = z.strictObject({
  outcome: z.literal("waiting"),
  number: placeNumber,
  position: z.int().positive().meta({ description: "The people ahead, plus one, at most." }),
  state: roomStateSchema,
});
const turnSchema = z.strictObject({
  outcome: z.literal("turn"),
  number: placeNumber,
  deadline: timeSchema("Until when the turn can be exchanged for a pass."),
});
const insideSchema = z.strictObject({
  outcome: z.literal("inside"),
  number: placeNumber,
  passEndsAt: timeSchema("When the pass ends."),
});
const withoutPlaceSchema = z.strictObject({ outcome: z.enum(["place_missing", "place_elsewhere"]) });

/** Of a buyer who has a place. */
export const standingSchema = z
  .discriminatedUnion("outcome", [waitingSchema, turnSchema, insideSchema])
  .meta({ id: "Standing" });

/** Every shape a standing can have; a socket also tells who has no place. */
export const anyStandingShapes = [waitingSchema, turnSchema, insideSchema, withoutPlaceSchema] as const;

export type PlacedStanding = Exclude<Standing, { outcome: "place_missing" | "place_elsewhere" }>;

export function standingView(standing: PlacedStanding): z.infer<typeof standingSchema> {
  switch (standing.outcome) {
    case "waiting": {
      const { outcome, number, position, state } = standing;
      return { outcome, number, position, state };
    }
    case "turn":
      return { outcome: "turn", number: standing.number, deadline: timeView(standing.deadlineMs) };
    case "inside":
      return { outcome: "inside", number: standing.number, passEndsAt: timeView(standing.passEndsAtMs) };
  }
}
