import { z } from "zod";
import type { Lane } from "../../queue-admission/lanes.ts";
import type { RoomTick, Stock } from "../../queue-admission/room.ts";
import type { WaitSpeeds } from "../../queue-admission/wait-range.ts";
import { moneySchema, moneyView } from "./money.ts";
import { roomStateSchema } from "./standing.ts";
import { timeSchema, timeView } from "./time.ts";

const laneSchema = z.strictObject({
  served: z.int().nonnegative().meta({
    description:
      "Everybody with a number up to this had the turn, was away, or left. The people ahead of number n are at most n − served − 1, less what lies in `gaps`.",
  }),
  last: z.int().nonnegative().meta({ description: "The last number that was given." }),
  gaps: z
    .array(z.tuple([z.int(), z.int()]))
    .optional()
    .meta({ description: "Numbers that were never given, from and to." }),
  speeds: z
    .array(z.strictObject({ ahead: z.number(), slow: z.number(), fast: z.number() }))
    .optional()
    .meta({
      description:
        "Numbers served a minute, at a few depths, the nearest first; between two, both speeds go from one to the other with the logarithm of the depth. The wait is between (ahead + 1) ÷ fast and (ahead + 1) ÷ slow minutes, four times of five.",
    }),
});

const stockSchema = z.strictObject({
  category: z.string(),
  price: moneySchema,
  free: z.int().nonnegative(),
  held: z.int().nonnegative().meta({ description: "Seats that others hold and that may come back." }),
});

/** How the room stands; the same bytes for everybody. */
export const roomTickSchema = z.strictObject({
  state: roomStateSchema,
  closedFor: z.enum(["sold_out", "ended"]).optional().meta({
    description: "Why the room is closed: no seat is free and none can come back, or its operator ended it.",
  }),
  soldOutForNow: z
    .boolean()
    .meta({ description: "No seat is free; `stock` says how many are held by others and may come back." }),
  drawing: z.boolean().meta({ description: "The lobby is closed and is being drawn." }),
  waiting: z.int().nonnegative().meta({ description: "All who have a place and neither turn nor pass." }),
  lanes: z.record(z.string(), laneSchema),
  lobbyAt: timeSchema("When the lobby opens, or opened.").optional(),
  opensAt: timeSchema("When turns begin, or began.").optional(),
  stock: z.array(stockSchema).optional(),
});

export type RoomTickView = z.infer<typeof roomTickSchema>;

export function roomTickView(tick: RoomTick): RoomTickView {
  const { state, drawing, waiting, pulse } = tick;
  const lanes = tick.lanes.map((lane, index) => [lane.name, laneView(lane, pulse?.speeds[index])] as const);
  const stock = pulse?.stock?.map(stockView);
  const soldOutForNow = stock !== undefined && stock.length > 0 && stock.every(({ free }) => free === 0);
  return {
    state,
    ...closedFor(tick),
    soldOutForNow,
    drawing,
    waiting,
    lanes: Object.fromEntries(lanes),
    ...(pulse === null ? {} : { lobbyAt: timeView(pulse.lobbyAtMs), opensAt: timeView(pulse.opensAtMs) }),
    ...(stock === undefined ? {} : { stock }),
  };
}

function closedFor({ state, soldOut }: RoomTick): { closedFor?: "sold_out" | "ended" } {
  return state === "closed" ? { closedFor: soldOut ? "sold_out" : "ended" } : {};
}

function laneView({ served, last, gaps }: Lane, speeds: WaitSpeeds | null | undefined) {
  return {
    served,
    last,
    ...(gaps.length === 0 ? {} : { gaps: gaps.map(({ from, upTo }): [number, number] => [from, upTo]) }),
    ...(speeds === undefined || speeds === null ? {} : { speeds: [...speeds] }),
  };
}

function stockView({ category, priceMinor, currency, free, held }: Stock) {
  return { category, price: moneyView({ amountMinor: BigInt(priceMinor), currency }), free, held };
}
