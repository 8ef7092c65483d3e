import { z } from "zod";
import type { EventId } from "../../foundation/ids.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { auditEntrySchema, auditEntryView } from "../wire/audit.ts";
import { idSchema } from "../wire/id.ts";

const mostEntries = 100;

export const showAudit = defineRoute({
  name: "showAudit",
  method: "get",
  path: "/v1/admin/events/:eventId/audit",
  summary: `Who changed what of the event's room: the latest first, ${mostEntries} at most.`,
  access: "operator",
  params: z.strictObject({ eventId: idSchema<EventId>("The event.") }),
  body: noBody,
  idempotent: false,
  answers: {
    200: { description: "The entries.", json: z.strictObject({ entries: z.array(auditEntrySchema) }) },
  },
  refusals: ["not_found"],
  async handle({ services: { roomStore }, params: { eventId } }) {
    if ((await roomStore.find(eventId)) === undefined) return { refusal: "not_found" };
    const entries = await roomStore.audit(eventId, mostEntries);
    return reply(200, { entries: entries.map(auditEntryView) });
  },
});
