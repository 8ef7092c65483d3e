import { z } from "zod";
import type { EventId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { knownStanding } from "../../queue-admission/known-standing.ts";
import type { Joining, JoinOutcome, PlacedStanding, RoomState } from "../../queue-admission/room.ts";
import type { RoomWatch } from "../../queue-admission/room-watch.ts";
import { defaultBounds } from "../bounds.ts";
import { placeOfReceipt } from "../room/place-of-receipt.ts";
import { type Call, defineRoute, noBody, reply } from "../route.ts";
import { idSchema } from "../wire/id.ts";
import type { Refusal } from "../wire/problem.ts";
import { roomTickSchema, roomTickView } from "../wire/room-tick.ts";
import { standingSchema, standingView } from "../wire/standing.ts";
import { timeSchema, timeView } from "../wire/time.ts";

const params = z.strictObject({ eventId: idSchema<EventId>("The event.") });
type PlaceParams = z.output<typeof params>;

const joinSchema = z
  .strictObject({
    code: z.string().min(1).max(64).optional().meta({ description: "Of a priority lane." }),
    proof: z
      .strictObject({ challenge: z.string().max(512), nonce: z.string().max(32) })
      .optional()
      .meta({ description: "Of work, where the room asks for it: see `/challenge`." }),
    receipt: z.string().max(2_048).optional().meta({
      description:
        "Of a place that the room may have forgotten; it comes back with its number. One of your own that brings nothing back (the place was left or used, or is bound to another device's key) is passed over.",
    }),
  })
  .optional()
  .meta({ id: "JoinRequest" });

const joinedSchema = z
  .strictObject({
    standing: standingSchema,
    receipt: z.string().meta({ description: "Signed proof of the place; keep it." }),
  })
  .meta({ id: "Joined" });

const placeSchema = z
  .strictObject({
    standing: standingSchema,
    tick: roomTickSchema.optional(),
    askAgainSeconds: z.number().positive().meta({
      description: "When to ask again; whoever asks much later counts as away and is stepped over.",
    }),
  })
  .meta({ id: "Place" });

export const joinRoom = defineRoute({
  name: "joinRoom",
  method: "post",
  path: "/v1/events/:eventId/places",
  summary:
    "Join the event's waiting room; joining again, from any device and with any receipt of one's own, gives the same place.",
  access: "buyer",
  params,
  body: joinSchema,
  idempotent: false,
  answers: {
    201: { description: "A new place.", json: joinedSchema },
    200: { description: "The place that was there.", json: joinedSchema },
  },
  refusals: [
    "not_found",
    "room_closed",
    "event_cancelled",
    "code_wrong",
    "code_spent",
    "proof_missing",
    "proof_wrong",
    "proof_spent",
    "identity_unverified",
    "device_required",
    "receipt_wrong",
    "too_many_requests",
  ],
  async handle(call) {
    const {
      services,
      connections,
      params: { eventId },
      buyer,
    } = call;
    const address = call.address();
    const event = await services.catalogue.find(eventId);
    if (event === undefined) return { refusal: "not_found" };
    if (event.status === "cancelled") return { refusal: "event_cancelled" };
    const joined = await join(call, address);
    if ("refusal" in joined) return joined;
    connections.standingChanged(eventId, buyer.buyerId, joined.standing);
    const tick = services.roomWatches.known(eventId)?.tick();
    const headers = { Location: `/v1/events/${eventId}/places/mine` };
    const view = { standing: standingView(joined.standing, tick), receipt: joined.receipt };
    return reply(joined.fresh ? 201 : 200, view, headers);
  },
});

type JoinCall = Call<PlaceParams, z.output<typeof joinSchema>, "buyer">;
type Joined = Extract<JoinOutcome, { outcome: "joined" }>;

async function join(call: JoinCall, address: string): Promise<Joined | Refusal> {
  const {
    services,
    guards,
    params: { eventId },
    body,
    buyer,
    jkt,
  } = call;
  const tooOften =
    guards.take("joinsOfIdentity", `${eventId} ${buyer.identity}`) ??
    (body?.code === undefined ? undefined : guards.take("guesses", address));
  if (tooOften !== undefined) return tooOften;
  const watch = await services.roomWatches.open(eventId);
  const rules = watch.rules();
  if (rules.identities === "verified" && !buyer.verified) return { refusal: "identity_unverified" };
  if (rules.deviceBinding && jkt === undefined) return { refusal: "device_required" };
  const visitor = { identity: buyer.identity, jkt };
  const restored =
    body?.receipt === undefined ? undefined : await services.rooms.restore(eventId, visitor, body.receipt);
  if (restored?.outcome === "receipt_wrong" || restored?.outcome === "not_found")
    return { refusal: restored.outcome };
  // Guests whose receipt shows no place are counted by address: nobody has checked who they are.
  const hasPlace = restored?.outcome === "restored" || restored?.outcome === "known";
  const isCounted = !buyer.verified && !hasPlace;
  const tooMany = isCounted ? guards.take("joins", address) : undefined;
  if (tooMany !== undefined) return tooMany;
  const joining = joiningOf(call, rules.proofBits);
  if ("refusal" in joining) return joining;
  const joined = await services.rooms.join(eventId, visitor, joining);
  if (joined.outcome === "place_missing") return { refusal: "proof_missing" };
  if (joined.outcome === "room_closed")
    return { refusal: "room_closed", ...whenItOpens(watch, joined.state) };
  if (joined.outcome !== "joined") return { refusal: joined.outcome };
  seen(call, joined.standing);
  return joined;
}

function whenItOpens(watch: RoomWatch, state: RoomState): { detail?: string } {
  const lobbyAtMs = watch.tick()?.pulse?.lobbyAtMs;
  if (state !== "scheduled" || lobbyAtMs === undefined) return {};
  return { detail: `The lobby opens at ${timeView(lobbyAtMs)}.` };
}

/** What the join brings. Whoever has a place needs no proof to hear where it is. */
function joiningOf(call: JoinCall, bits: number): Joining | Refusal {
  const {
    guards,
    params: { eventId },
    body,
    buyer,
  } = call;
  const code = body?.code;
  if (bits === 0) return { code };
  if (body?.proof === undefined) return { onlyIfThere: true };
  const { identity } = buyer;
  const checked = guards.proofOfWork.check({ eventId, identity, bits, ...body.proof });
  if (checked.outcome === "good") return { code, proof: checked };
  return { refusal: "proof_wrong", detail: `The proof of work is not good: ${checked.outcome}.` };
}

/** Whoever asks by HTTP counts as here for the grace, as if by a connection. */
function seen(
  { services, params: { eventId } }: Pick<JoinCall, "services" | "params">,
  of: PlacedStanding,
): void {
  const watch = services.roomWatches.known(eventId);
  if (watch === undefined || of.outcome !== "waiting") return;
  const lane = watch.tick()?.lanes.findIndex(({ name }) => name === of.lane) ?? 0;
  watch.presence.seen(Math.max(0, lane), of.number, watch.graceUntilMs());
}

const challengeSchema = z
  .strictObject({
    challenge: z.string(),
    bits: z.int().nonnegative().meta({
      description:
        "Find a nonce of at most 32 letters, digits, `-` or `_` for which SHA-256 of `challenge.nonce` begins with so many zero bits; 0 asks for none.",
    }),
    endsAt: timeSchema("Until when it can be used."),
  })
  .meta({ id: "Challenge" });

export const showChallenge = defineRoute({
  name: "showChallenge",
  method: "get",
  path: "/v1/events/:eventId/challenge",
  summary: "The work that joining asks for now; good for this buyer, once.",
  access: "buyer",
  params,
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The challenge.", json: challengeSchema } },
  refusals: ["not_found"],
  async handle({ services, guards, params: { eventId }, buyer: { identity } }) {
    if ((await services.catalogue.find(eventId)) === undefined) return { refusal: "not_found" };
    const { proofBits } = (await services.roomWatches.open(eventId)).rules();
    if (proofBits === 0)
      return reply(200, { challenge: "", bits: 0, endsAt: timeView(services.clock.now()) });
    const made = guards.proofOfWork.challenge({ eventId, identity, bits: proofBits });
    return reply(200, { challenge: made.challenge, bits: made.bits, endsAt: timeView(made.endsAtMs) });
  },
});

export const showPlace = defineRoute({
  name: "showPlace",
  method: "get",
  path: "/v1/events/:eventId/places/mine",
  summary: "Where the buyer stands and how the room goes on, for those without WebSocket or stream.",
  access: "buyer",
  params,
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The standing.", json: placeSchema } },
  refusals: ["place_missing", "not_found"],
  async handle({ services, params, headers, buyer }) {
    const { eventId } = params;
    if ((await services.catalogue.find(eventId)) === undefined) return { refusal: "not_found" };
    const watch = await services.roomWatches.open(eventId);
    const tick = watch.tick();
    const place = placeOfReceipt(
      { services, bounds: defaultBounds },
      headers.receipt,
      eventId,
      buyer.identity,
    );
    const known = place && knownStanding(place, tick);
    const standing = known ?? (await services.rooms.standing(eventId, buyer));
    if (standing.outcome === "place_missing") return { refusal: standing.outcome };
    seen({ services, params }, standing);
    const view = {
      standing: standingView(standing, tick),
      askAgainSeconds: askAgainSeconds(standing, watch),
    };
    return reply(200, tick === undefined ? view : { ...view, tick: roomTickView(tick) });
  },
});

/** Far from the front rarely, but always within the grace. */
function askAgainSeconds(standing: PlacedStanding, watch: RoomWatch): number {
  const most = watch.rules().absenceGraceMs / 2_000;
  const isWaitingFar = standing.outcome === "waiting" && standing.ahead >= limits.socket.nearAhead;
  const isFar = isWaitingFar || standing.outcome === "lobby";
  return Math.min(most, isFar ? limits.askAgainSeconds.far : limits.askAgainSeconds.near);
}

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
  async handle({ services, connections, params: { eventId }, buyer }) {
    await services.rooms.leave(eventId, buyer);
    connections.standingChanged(eventId, buyer.buyerId, { outcome: "place_missing" });
    return reply(204, undefined);
  },
});
