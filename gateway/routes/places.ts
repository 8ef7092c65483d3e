import { z } from "zod";
import type { EventId } from "../../foundation/ids.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { idSchema } from "../wire/id.ts";
import { standingSchema, standingView } from "../wire/standing.ts";

const params = z.strictObject({ eventId: idSchema<EventId>("The event.") });
const joinedSchema = z
  .strictObject({
    standing: standingSchema,
    receipt: z.string().meta({ description: "Signed proof of the place; keep it." }),
  })
  .meta({ id: "Joined" });

export const joinRoom = defineRoute({
  name: "joinRoom",
  method: "post",
  path: "/v1/events/:eventId/places",
  summary: "Join the event's waiting room; joining again gives the same place.",
  access: "buyer",
  params,
  body: noBody,
  idempotent: false,
  answers: {
    201: { description: "A new place.", json: joinedSchema },
    200: { description: "The place that was there.", json: joinedSchema },
  },
  refusals: ["not_found", "room_closed", "place_elsewhere"],
  async handle({ services, sockets, params: { eventId }, buyer }) {
    const joined = await services.rooms.join(eventId, buyer);
    if (joined.outcome === "place_elsewhere") return { refusal: "place_elsewhere" };
    if (joined.outcome === "room_closed")
      return { refusal: joined.state === "missing" ? "not_found" : "room_closed" };
    const { standing, receipt, fresh } = joined;
    if (standing.outcome === "place_missing" || standing.outcome === "place_elsewhere")
      return { refusal: standing.outcome };
    sockets.standingChanged(eventId, buyer.buyerId, standing);
    const headers = { Location: `/v1/events/${eventId}/places/mine` };
    return reply(fresh ? 201 : 200, { standing: standingView(standing), receipt }, headers);
  },
});

export const showPlace = defineRoute({
  name: "showPlace",
  method: "get",
  path: "/v1/events/:eventId/places/mine",
  summary: "Where the buyer stands; the room's WebSocket says the same without being asked.",
  access: "buyer",
  params,
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The standing.", json: standingSchema } },
  refusals: ["place_missing", "place_elsewhere"],
  async handle({ services, params: { eventId }, buyer }) {
    const standing = await services.rooms.standing(eventId, buyer);
    if (standing.outcome === "place_missing" || standing.outcome === "place_elsewhere")
      return { refusal: standing.outcome };
    return reply(200, standingView(standing));
  },
});

export const leaveRoom = defineRoute({
  name: "leaveRoom",
  method: "delete",
  path: "/v1/events/:eventId/places/mine",
  summary: "Give up the place, the turn or the pass.",
  access: "buyer",
  params,
  body: noBody,
  idempotent: false,
  answers: { 204: { description: "Given up, or there was none.", json: null } },
  refusals: [],
  async handle({ services, sockets, params: { eventId }, buyer }) {
    await services.rooms.leave(eventId, buyer);
    sockets.standingChanged(eventId, buyer.buyerId, { outcome: "place_missing" });
    return reply(204, undefined);
  },
});
