import { z } from "zod";
import type { DoorId, EventId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { actorOf } from "../wire/audit.ts";
import { idSchema } from "../wire/id.ts";
import { lineSchema } from "../wire/line.ts";
import { timeSchema, timeView } from "../wire/time.ts";

const params = z.strictObject({ eventId: idSchema<EventId>("The event.") });
const nameSchema = lineSchema(100).meta({
  description: "What it is called at the event; it stands in the answers to scans.",
});

const doorSchema = z
  .strictObject({
    id: idSchema<DoorId>("The door."),
    name: z.string(),
    createdAt: timeSchema("When it was made."),
    closedAt: timeSchema("When it was closed.").nullable(),
    scans: z.int().min(0),
    admitted: z.int().min(0).meta({ description: "Scans that let somebody in." }),
  })
  .meta({ id: "Door" });

export const makeDoor = defineRoute({
  name: "makeDoor",
  method: "post",
  path: "/v1/admin/events/:eventId/doors",
  summary: "Make a door of an event. Its device's token is told here and never again.",
  access: "operator",
  params,
  body: z.strictObject({ name: nameSchema }).meta({ id: "NewDoor" }),
  idempotent: false,
  answers: {
    201: {
      description: "Made.",
      json: z.strictObject({
        id: idSchema<DoorId>("The door."),
        name: z.string(),
        token: z.string().meta({ description: "For the device: `Authorization: Bearer TOKEN`." }),
        endsAt: timeSchema("Until when the token is good."),
      }),
    },
  },
  refusals: ["not_found", "door_name_used", "too_many_doors"],
  async handle({ services, params: { eventId }, body: { name }, buyer }) {
    const made = await services.doors.make(actorOf(buyer), eventId, name);
    if (made.outcome !== "made") return { refusal: made.outcome };
    const { door, token, endsAtMs } = made;
    return reply(201, { id: door.doorId, name, token, endsAt: timeView(endsAtMs) });
  },
});

export const listDoors = defineRoute({
  name: "listDoors",
  method: "get",
  path: "/v1/admin/events/:eventId/doors",
  summary: "The doors of an event, and how many came in.",
  access: "operator",
  params,
  body: noBody,
  idempotent: false,
  answers: {
    200: {
      description: "The doors, the oldest first; closed ones too.",
      json: z.strictObject({ doors: z.array(doorSchema).max(limits.doors.most) }),
    },
  },
  refusals: ["not_found"],
  async handle({ services, params: { eventId } }) {
    // Each event has a room; the doors do not say whether there is the event.
    if ((await services.roomStore.find(eventId)) === undefined) return { refusal: "not_found" };
    const doors = await services.doors.list(eventId);
    const views = doors.map(({ createdAtMs, closedAtMs, ...same }) => ({
      ...same,
      createdAt: timeView(createdAtMs),
      closedAt: closedAtMs === null ? null : timeView(closedAtMs),
    }));
    return reply(200, { doors: views });
  },
});

export const closeDoor = defineRoute({
  name: "closeDoor",
  method: "delete",
  path: "/v1/admin/events/:eventId/doors/:doorId",
  summary: "Close a door: its token is refused within two seconds. The same again changes nothing.",
  access: "operator",
  params: params.extend({ doorId: idSchema<DoorId>("The door.") }),
  body: noBody,
  idempotent: false,
  answers: { 204: { description: "Closed.", json: null } },
  refusals: ["not_found"],
  async handle({ services, params: { eventId, doorId }, buyer }) {
    const outcome = await services.doors.close(actorOf(buyer), eventId, doorId);
    return outcome === "closed" ? reply(204, undefined) : { refusal: "not_found" };
  },
});
