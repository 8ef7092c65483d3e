import { z } from "zod";
import type { BookingChange } from "../../booking-core/bookings/booking.ts";
import type { BookingId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { RoomTick, Standing } from "../../queue-admission/room.ts";
import { bookingStatusSchema } from "../wire/booking.ts";
import { idSchema } from "../wire/id.ts";
import { roomTickSchema, roomTickView } from "../wire/room-tick.ts";
import { anyStandingShapes, standingView } from "../wire/standing.ts";
import { timeSchema, timeView } from "../wire/time.ts";

export const roomPath = "/v1/events/:eventId/room";
export const streamPath = "/v1/events/:eventId/room/stream";
export const subprotocol = "onsale.v1";

const standing = { type: z.literal("standing") };
const [lobbyShape, waitingShape, lapsedShape, turnShape, insideShape, withoutPlaceShape] = anyStandingShapes;

export const byeReasons = [
  "stopping",
  "too_many_messages",
  "message_invalid",
  "unavailable",
  "too_slow",
] as const;
export type ByeReason = (typeof byeReasons)[number];

const reconnectSchema = z
  .strictObject({
    firstMs: z.int(),
    farAhead: z.int(),
    farFirstMs: z.int(),
    mostMs: z.int(),
    factor: z.number(),
  })
  .meta({
    description:
      "How to come back after a lost connection: wait a random time between 0 and a bound; the bound begins at `firstMs`, or at `farFirstMs` while `farAhead` or more are ahead, and grows by `factor` with each failure, up to `mostMs`.",
  });

const helloSchema = z.strictObject({
  type: z.literal("hello"),
  reconnect: reconnectSchema,
  tick: roomTickSchema.optional(),
});
const tickSchema = roomTickSchema.extend({ type: z.literal("tick") }).strict();
const turnSchema = z.strictObject({
  type: z.literal("turn"),
  deadline: timeSchema("Until when it can be taken up."),
});
const admittedSchema = z.strictObject({
  type: z.literal("inside"),
  passEndsAt: timeSchema("When the pass ends."),
});
const endedSchema = z.strictObject({
  type: z.literal("pass_ended"),
});
const bookingSchema = z.strictObject({
  type: z.literal("booking"),
  bookingId: idSchema<BookingId>("The booking."),
  status: bookingStatusSchema,
});
const byeSchema = z.strictObject({
  type: z.literal("bye"),
  reason: z.enum(byeReasons),
  reconnect: reconnectSchema,
});

/** What the server says, with what each means; a client ignores types that it does not know. */
export const serverMessages = {
  hello: { schema: helloSchema, summary: "The first message: how to come back, and how the room stands." },
  standing: {
    schema: z.union([
      lobbyShape.extend(standing),
      waitingShape.extend(standing),
      lapsedShape.extend(standing),
      turnShape.extend(standing),
      insideShape.extend(standing),
      withoutPlaceShape.extend(standing),
    ]),
    summary: "Where the buyer stands; after the first message, when it is asked for, and when it changed.",
  },
  tick: {
    schema: tickSchema,
    summary:
      "How the room stands: each second to those near the front, more rarely to those behind, at once to everybody when the state changes.",
  },
  turn: { schema: turnSchema, summary: "It is the buyer's turn." },
  inside: { schema: admittedSchema, summary: "The turn was taken up." },
  pass_ended: { schema: endedSchema, summary: "The pass was given up or taken away." },
  booking: {
    schema: bookingSchema,
    summary:
      "A booking of the buyer changed: it was paid, expired, was cancelled; where its status is as before, seats were given back or its deadline was put off. `GET /v1/bookings/{bookingId}` says how it is now.",
  },
  bye: { schema: byeSchema, summary: "The server ends the connection, and says why." },
} as const;

export const serverMessageSchema = z
  .union([
    ...serverMessages.standing.schema.options,
    helloSchema,
    tickSchema,
    turnSchema,
    admittedSchema,
    endedSchema,
    bookingSchema,
    byeSchema,
  ])
  .meta({ id: "RoomServerMessage" });

/**
 * What a client may say. `standing` asks where it stands; `here` says that somebody is there after a turn that was
 * not taken up, so that the place is the next.
 */
export const clientMessageSchema = z
  .strictObject({ type: z.enum(["standing", "here"]) })
  .meta({ id: "RoomClientMessage" });

export type ServerMessage = z.infer<typeof serverMessageSchema>;

const { reconnect } = limits.socket;

export function helloMessage(tick: RoomTick | undefined): ServerMessage {
  return { type: "hello", reconnect, ...(tick === undefined ? {} : { tick: roomTickView(tick) }) };
}

export function standingMessage(of: Standing, tick: RoomTick | undefined): ServerMessage {
  if (of.outcome === "place_missing") return { type: "standing", outcome: of.outcome };
  return { type: "standing", ...standingView(of, tick) };
}

export function tickMessage(tick: RoomTick): ServerMessage {
  return { type: "tick", ...roomTickView(tick) };
}

export function turnMessage(deadlineMs: number): ServerMessage {
  return { type: "turn", deadline: timeView(deadlineMs) };
}

export function insideMessage(passEndsAtMs: number): ServerMessage {
  return { type: "inside", passEndsAt: timeView(passEndsAtMs) };
}

export function bookingMessage({ bookingId, status }: BookingChange): ServerMessage {
  return { type: "booking", bookingId, status };
}

export function byeMessage(reason: ByeReason): ServerMessage {
  return { type: "bye", reason, reconnect };
}
