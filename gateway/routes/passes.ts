import { z } from "zod";
import type { EventId } from "../../foundation/ids.ts";
import type { Admission } from "../../queue-admission/room.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import type { Buyer, GatewayServices } from "../services.ts";
import { idSchema } from "../wire/id.ts";
import { timeSchema, timeView } from "../wire/time.ts";

const params = z.strictObject({ eventId: idSchema<EventId>("The event.") });

const passSchema = z
  .strictObject({
    pass: z.string().meta({ description: "Send it as `Onsale-Pass`." }),
    endsAt: timeSchema("When the pass ends."),
    renewalsLeft: z.int().nonnegative().meta({ description: "How often it can be made longer." }),
  })
  .meta({ id: "Pass" });

export const takeTurn = defineRoute({
  name: "takeTurn",
  method: "post",
  path: "/v1/events/:eventId/passes",
  summary: "Exchange the turn for a pass; asked again while inside, it gives the pass again.",
  access: "buyer",
  params,
  body: noBody,
  idempotent: false,
  answers: { 201: { description: "The pass.", json: passSchema } },
  refusals: ["turn_missing", "place_missing", "device_required", "event_cancelled", "not_found"],
  async handle({ services, connections, params: { eventId }, buyer, jkt }) {
    if (await isCancelled(services, eventId)) return { refusal: "event_cancelled" };
    const watch = await watchOf(services, eventId);
    if (watch === undefined) return { refusal: "not_found" };
    // The place may have been joined by a bound session of the same account.
    if (watch.rules().deviceBinding && jkt === undefined) return { refusal: "device_required" };
    const taken = await services.rooms.takeTurn(eventId, { ...buyer, jkt });
    if (taken.outcome !== "admitted") return { refusal: taken.outcome };
    if (watch.isRevoked(taken.passNumber)) return giveUpAgain(services, eventId, buyer, taken.passNumber);
    connections.admitted(eventId, buyer.buyerId, taken.endsAtMs);
    return reply(201, passView(taken));
  },
});

/**
 * Redis has forgotten that this pass was given up or taken away, and the gateways have not: none lets it book. What
 * was forgotten is done again, and the buyer joins anew.
 */
async function giveUpAgain({ rooms }: GatewayServices, eventId: EventId, buyer: Buyer, passNumber: number) {
  await rooms.leave(eventId, buyer, passNumber);
  return { refusal: "place_missing" } as const;
}

/** Said here too: a room that could not be told yet that it is closed lets nobody in. */
async function isCancelled({ catalogue }: GatewayServices, eventId: EventId): Promise<boolean> {
  return (await catalogue.find(eventId))?.status === "cancelled";
}

/** A watch costs memory and a channel: there is none of a room that only a request speaks of. */
async function watchOf({ roomWatches, catalogue }: GatewayServices, eventId: EventId) {
  const known = roomWatches.known(eventId);
  if (known !== undefined) return known;
  return (await catalogue.find(eventId)) === undefined ? undefined : roomWatches.open(eventId);
}

export const renewPass = defineRoute({
  name: "renewPass",
  method: "post",
  path: "/v1/events/:eventId/passes/mine/renewals",
  summary:
    "Make the pass last longer, as often as the room allows: a whole length of a pass from now on. The old pass stays good until its own end.",
  access: "pass",
  params,
  body: noBody,
  idempotent: false,
  answers: { 201: { description: "The pass with its new end.", json: passSchema } },
  refusals: ["renewals_used", "event_cancelled"],
  async handle({ services, connections, params: { eventId }, buyer, jkt }) {
    if (await isCancelled(services, eventId)) return { refusal: "event_cancelled" };
    const renewed = await services.rooms.renewPass(eventId, { ...buyer, jkt });
    if (renewed.outcome === "pass_missing") return { refusal: "pass_invalid" };
    if (renewed.outcome !== "renewed") return { refusal: renewed.outcome };
    connections.admitted(eventId, buyer.buyerId, renewed.endsAtMs);
    return reply(201, passView(renewed));
  },
});

function passView({ pass, endsAtMs, renewalsLeft }: Admission): z.infer<typeof passSchema> {
  return { pass, endsAt: timeView(endsAtMs), renewalsLeft };
}
