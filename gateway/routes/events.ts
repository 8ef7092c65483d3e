import { z } from "zod";
import type { EventId } from "../../foundation/ids.ts";
import { defineRoute, noBody, noParams, reply } from "../route.ts";
import { eventSchema, eventSummarySchema, eventSummaryView, eventView } from "../wire/event.ts";
import { idSchema } from "../wire/id.ts";

export const listEvents = defineRoute({
  name: "listEvents",
  method: "get",
  path: "/v1/events",
  summary: "The events.",
  access: "public",
  limitedBy: "reads",
  params: noParams,
  body: noBody,
  idempotent: false,
  answers: {
    200: { description: "The events.", json: z.strictObject({ events: z.array(eventSummarySchema) }) },
  },
  refusals: [],
  async handle({ services }) {
    const events = await services.catalogue.list();
    return reply(200, { events: events.map(eventSummaryView) });
  },
});

export const showEvent = defineRoute({
  name: "showEvent",
  method: "get",
  path: "/v1/events/:eventId",
  summary: "One event with its sections and what is sold of them.",
  access: "public",
  limitedBy: "reads",
  params: z.strictObject({ eventId: idSchema<EventId>("The event.") }),
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The event.", json: eventSchema } },
  refusals: ["not_found"],
  async handle({ services, params }) {
    const event = await services.catalogue.find(params.eventId);
    if (event === undefined) return { refusal: "not_found" };
    return reply(200, eventView(event));
  },
});
