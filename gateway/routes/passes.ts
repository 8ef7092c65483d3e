import { z } from "zod";
import type { EventId } from "../../foundation/ids.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { idSchema } from "../wire/id.ts";
import { timeSchema, timeView } from "../wire/time.ts";

const passSchema = z
  .strictObject({
    pass: z.string().meta({ description: "Send it as `Onsale-Pass`." }),
    endsAt: timeSchema("When the pass ends."),
  })
  .meta({ id: "Pass" });

export const takeTurn = defineRoute({
  name: "takeTurn",
  method: "post",
  path: "/v1/events/:eventId/passes",
  summary: "Exchange the turn for a pass; asked again while inside, it gives the pass again.",
  access: "buyer",
  params: z.strictObject({ eventId: idSchema<EventId>("The event.") }),
  body: noBody,
  idempotent: false,
  answers: { 201: { description: "The pass.", json: passSchema } },
  refusals: ["turn_missing", "place_missing", "place_elsewhere"],
  async handle({ services, sockets, params: { eventId }, buyer }) {
    const taken = await services.rooms.takeTurn(eventId, buyer);
    if (taken.outcome !== "admitted") return { refusal: taken.outcome };
    sockets.admitted(eventId, buyer.buyerId, taken.endsAtMs);
    return reply(201, { pass: taken.pass, endsAt: timeView(taken.endsAtMs) });
  },
});
