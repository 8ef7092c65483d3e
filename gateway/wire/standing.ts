import { z } from "zod";
import { type PlacedStanding, type RoomTick, roomStates } from "../../queue-admission/room.ts";
import { type WaitRange, waitRangeOf } from "../../queue-admission/wait-range.ts";
import { timeSchema, timeView } from "./time.ts";

export const roomStateSchema = z.enum(roomStates);

const placeNumber = z
  .int()
  .positive()
  .meta({ description: "The place's number in its lane; it never changes." });
const lane = z.string().meta({ description: "`general`, or the priority lane of the code." });
const estimateSchema = z
  .strictObject({ fromSeconds: z.number().nonnegative(), untilSeconds: z.number().nonnegative() })
  .meta({ description: "Four of five waits end within this range. Missing where nobody can tell." });

const lobbySchema = z.strictObject({
  outcome: z.literal("lobby"),
  lane,
  entry: z.int().positive().meta({ description: "The number of the lot that the draw is about." }),
  state: roomStateSchema,
});
const waitingSchema = z.strictObject({
  outcome: z.literal("waiting"),
  lane,
  number: placeNumber,
  ahead: z.int().nonnegative().meta({ description: "The people ahead in the lane, at most." }),
  state: roomStateSchema,
  estimate: estimateSchema.optional(),
});
const lapsedSchema = z.strictObject({
  outcome: z.literal("lapsed"),
  lane,
  number: placeNumber,
  state: roomStateSchema,
});
const turnSchema = z.strictObject({
  outcome: z.literal("turn"),
  lane,
  number: placeNumber,
  deadline: timeSchema("Until when the turn can be exchanged for a pass."),
});
const insideSchema = z.strictObject({
  outcome: z.literal("inside"),
  lane,
  number: placeNumber,
  passEndsAt: timeSchema("When the pass ends."),
});
const withoutPlaceSchema = z.strictObject({ outcome: z.literal("place_missing") });

/** Of a buyer who has a place. */
export const standingSchema = z
  .discriminatedUnion("outcome", [lobbySchema, waitingSchema, lapsedSchema, turnSchema, insideSchema])
  .meta({ id: "Standing" });

/** Every shape a standing can have; a socket also tells who has no place. */
export const anyStandingShapes = [
  lobbySchema,
  waitingSchema,
  lapsedSchema,
  turnSchema,
  insideSchema,
  withoutPlaceSchema,
] as const;

/** `tick` is the room as last heard of: with it the wait can be estimated. */
export function standingView(
  standing: PlacedStanding,
  tick: RoomTick | undefined,
): z.infer<typeof standingSchema> {
  switch (standing.outcome) {
    case "lobby":
    case "lapsed":
      return standing;
    case "waiting": {
      const estimate = estimateOf(standing.lane, standing.ahead, tick);
      return estimate === undefined ? standing : { ...standing, estimate };
    }
    case "turn": {
      const { deadlineMs, ...turn } = standing;
      return { ...turn, deadline: timeView(deadlineMs) };
    }
    case "inside": {
      const { passEndsAtMs, ...inside } = standing;
      return { ...inside, passEndsAt: timeView(passEndsAtMs) };
    }
  }
}

function estimateOf(lane: string, ahead: number, tick: RoomTick | undefined): WaitRange | undefined {
  const index = tick?.lanes.findIndex(({ name }) => name === lane) ?? -1;
  const speeds = tick?.pulse?.speeds[index];
  return speeds === undefined || speeds === null ? undefined : waitRangeOf(ahead + 1, speeds);
}
