import { z } from "zod";
import type { EventId } from "../../foundation/ids.ts";
import { type RoomSettings, roomSettingsSchema } from "../../queue-admission/room-settings.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import type { GatewayServices } from "../services.ts";
import { actorOf } from "../wire/audit.ts";
import { idSchema } from "../wire/id.ts";
import { problemsOf, type Refusal } from "../wire/problem.ts";
import {
  roomChangesWire,
  roomLiveSchema,
  roomLiveView,
  roomMinuteSchema,
  roomMinuteView,
  roomSettingsView,
  roomSettingsWire,
  wireNames,
  withChanges,
} from "../wire/room.ts";

const params = z.strictObject({ eventId: idSchema<EventId>("The event.") });

const overviewSchema = z
  .strictObject({
    settings: roomSettingsWire,
    live: roomLiveSchema.nullable().meta({ description: "Null until the room has a driver." }),
    minutes: z.array(roomMinuteSchema).meta({ description: "The latest first; a day at most." }),
  })
  .meta({ id: "RoomOverview" });

export const showRoom = defineRoute({
  name: "showRoom",
  method: "get",
  path: "/v1/admin/events/:eventId/room",
  summary: "How the room runs and goes, now and minute by minute.",
  access: "operator",
  params,
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The room.", json: overviewSchema } },
  refusals: ["not_found"],
  async handle({ services, params: { eventId } }) {
    const room = await services.roomStore.find(eventId);
    if (room === undefined) return { refusal: "not_found" };
    return reply(200, await overviewOf(services, eventId, roomSettingsSchema.parse(room.settings)));
  },
});

async function overviewOf(services: GatewayServices, eventId: EventId, settings: RoomSettings) {
  const { stats, minutes } = await services.roomControl.overview(eventId);
  return {
    settings: roomSettingsView(settings),
    live: stats === undefined ? null : roomLiveView(stats, settings.lanes),
    minutes: minutes.map(roomMinuteView),
  };
}

export const changeRoom = defineRoute({
  name: "changeRoom",
  method: "patch",
  path: "/v1/admin/events/:eventId/room",
  summary:
    "Change how the room runs; it takes effect within two seconds, and is written down with who did it.",
  access: "operator",
  params,
  body: roomChangesWire,
  idempotent: false,
  answers: { 200: { description: "The room as it is now.", json: overviewSchema } },
  refusals: ["not_found", "room_begun"],
  async handle({ services, params: { eventId }, body, buyer }) {
    const nowMs = services.clock.now();
    const changed = await services.roomStore.change(eventId, actorOf(buyer), (before) =>
      applyChanges(roomSettingsSchema.parse(before), body, nowMs),
    );
    if (changed.outcome === "not_found") return { refusal: "not_found" };
    if (changed.outcome === "refused") return changed.refusal;
    await services.publishRoom(eventId);
    return reply(200, await overviewOf(services, eventId, roomSettingsSchema.parse(changed.settings)));
  },
});

type Changed =
  | { readonly outcome: "changed"; readonly settings: RoomSettings }
  | { readonly outcome: "refused"; readonly refusal: Refusal };

function applyChanges(
  before: RoomSettings,
  changes: z.output<typeof roomChangesWire>,
  nowMs: number,
): Changed {
  const parsed = roomSettingsSchema.safeParse(withChanges(before, changes));
  if (!parsed.success) {
    const problems = problemsOf(parsed.error).map(({ path, message }) => {
      const [name = "", ...rest] = path.split(".");
      return { path: [wireNames[name] ?? name, ...rest].join("."), message };
    });
    return { outcome: "refused", refusal: { refusal: "invalid_request", problems } };
  }
  const settings = parsed.data;
  const detail = nowMs < before.lobbyAtMs ? undefined : fixedProblem(before, settings, nowMs);
  if (detail !== undefined) return { outcome: "refused", refusal: { refusal: "room_begun", detail } };
  return { outcome: "changed", settings };
}

/** What people in the lobby and in the lanes already rely on. */
function fixedProblem(before: RoomSettings, after: RoomSettings, nowMs: number): string | undefined {
  if (before.draw !== after.draw) return "Whether the lobby is drawn cannot be changed once it is open.";
  const isKept = before.lanes.every(({ name }, index) => after.lanes[index]?.name === name);
  if (!isKept) return "A lane cannot be taken away, renamed or moved once the lobby is open.";
  if (nowMs < after.lobbyAtMs) return "A lobby that is open cannot be moved to a later time.";
  const hasOpened = nowMs >= before.opensAtMs && before.opensAtMs !== after.opensAtMs;
  return hasOpened ? "A room that has opened cannot open again; pause it instead." : undefined;
}

export const removePlace = defineRoute({
  name: "removePlace",
  method: "delete",
  path: "/v1/admin/events/:eventId/places/:identity",
  summary: "Take a place, a turn or a pass away; the pass is worth nothing within a second.",
  access: "operator",
  params: z.strictObject({
    eventId: idSchema<EventId>("The event."),
    identity: z.string().regex(/^[A-Za-z0-9_-]{22}$/, "must be the 22 characters of an identity"),
  }),
  body: noBody,
  idempotent: false,
  answers: { 204: { description: "Gone, or there was none.", json: null } },
  refusals: [],
  async handle({ services, params: { eventId, identity }, buyer }) {
    await services.rooms.leave(eventId, { identity });
    await services.roomStore.note(eventId, actorOf(buyer), "place_removed", { identity });
    return reply(204, undefined);
  },
});

export const setBeacon = defineRoute({
  name: "setBeacon",
  method: "post",
  path: "/v1/admin/events/:eventId/draw/beacon",
  summary:
    "Announce, before the lobby opens, where a random value from outside will come from; later, bring the value.",
  access: "operator",
  params,
  body: z.union(
    [
      z.strictObject({ source: z.string().min(1).max(500) }),
      z.strictObject({ value: z.string().regex(/^([0-9a-f]{2}){1,512}$/) }),
    ],
    "must be either { source }, 1 to 500 characters, or { value }, 1 to 512 bytes in lower-case hex",
  ),
  idempotent: false,
  answers: { 204: { description: "Written down.", json: null } },
  refusals: ["not_found", "beacon_refused"],
  async handle({ services, params: { eventId }, body, buyer }) {
    const actor = actorOf(buyer);
    const outcome =
      "source" in body
        ? await services.roomStore.announceBeacon(eventId, actor, body.source)
        : await services.roomStore.revealBeacon(eventId, actor, body.value);
    if (outcome === "announced" || outcome === "revealed") return reply(204, undefined);
    if (outcome === "not_found") return { refusal: outcome };
    return { refusal: "beacon_refused", detail: beaconProblems[outcome] };
  },
});

const beaconProblems = {
  lobby_begun: "The lobby is open: a source can only be announced, or replaced, before.",
  lobby_closed: "The lists are closed: a source can only be announced before.",
  not_announced: "No source was announced before the lists were closed.",
  lobby_open: "The lists are not closed yet: the value is handed in afterwards.",
  known: "The value was handed in before; the first one counts.",
} as const;
