import { z } from "zod";
import type { BookingChange } from "../../booking-core/bookings/booking.ts";
import type { BookingId } from "../../foundation/ids.ts";
import type { RoomState, Standing } from "../../queue-admission/room.ts";
import { bookingStatusSchema } from "../wire/booking.ts";
import { idSchema } from "../wire/id.ts";
import { anyStandingShapes, roomStateSchema, standingView } from "../wire/standing.ts";
import { timeSchema, timeView } from "../wire/time.ts";

export const roomPath = "/v1/events/:eventId/room";
export const subprotocol = "onsale.v1";

const standing = { type: z.literal("standing") };
const [waitingShape, turnShape, insideShape, withoutPlaceShape] = anyStandingShapes;

export const byeReasons = ["stopping", "too_many_messages", "message_invalid", "unavailable"] as const;
export type ByeReason = (typeof byeReasons)[number];

/** What the server says; a client ignores types that it does not know. */
export const serverMessageSchema = z
  .union([
    waitingShape.extend(standing),
    turnShape.extend(standing),
    insideShape.extend(standing),
    withoutPlaceShape.extend(standing),
    z.strictObject({ type: z.literal("position"), position: z.int().positive(), state: roomStateSchema }),
    z.strictObject({ type: z.literal("room"), state: roomStateSchema }),
    z.strictObject({ type: z.literal("turn"), deadline: timeSchema("Until when it can be taken up.") }),
    z.strictObject({ type: z.literal("inside"), passEndsAt: timeSchema("When the pass ends.") }),
    z.strictObject({
      type: z.literal("booking"),
      bookingId: idSchema<BookingId>("The booking."),
      status: bookingStatusSchema,
    }),
    z.strictObject({ type: z.literal("bye"), reason: z.enum(byeReasons) }),
  ])
  .meta({ id: "RoomServerMessage" });

/** What a client may say: it asks where it stands. */
export const clientMessageSchema = z
  .strictObject({ type: z.literal("standing") })
  .meta({ id: "RoomClientMessage" });

export type ServerMessage = z.infer<typeof serverMessageSchema>;

export function standingMessage(of: Standing): ServerMessage {
  if (of.outcome === "place_missing" || of.outcome === "place_elsewhere")
    return { type: "standing", outcome: of.outcome };
  return { type: "standing", ...standingView(of) };
}

export function positionMessage(position: number, state: RoomState): ServerMessage {
  return { type: "position", position, state };
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
