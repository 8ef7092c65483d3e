import { z } from "zod";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import { hasAlready } from "../http/etag.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { idSchema } from "../wire/id.ts";
import { eventSeatsSchema, seatsSchema, seatsView } from "../wire/seats.ts";
import { answerShared } from "./shared-answer.ts";

export const showEventSeats = defineRoute({
  name: "showEventSeats",
  method: "get",
  path: "/v1/events/:eventId/seats",
  summary:
    "Every seat of an event right now; `If-None-Match` with the last `ETag` asks for news only, and `…/seats/live` tells what changes.",
  access: "public",
  limitedBy: "maps",
  params: z.strictObject({ eventId: idSchema<EventId>("The event.") }),
  body: noBody,
  idempotent: false,
  answers: {
    200: { description: "The seats, at most a tenth of a second old.", json: eventSeatsSchema },
    304: { description: "Nothing changed since.", json: null },
  },
  refusals: ["not_found"],
  async handle({ services, sheets, params: { eventId }, headers }) {
    const event = await services.catalogue.find(eventId);
    if (event === undefined) return { refusal: "not_found" };
    const sheet = await sheets.seats.of(event);
    if (sheet === undefined) return { refusal: "busy", detail: "Too many sections are watched." };
    return answerShared(sheet, headers, "no-cache");
  },
});

export const showSeats = defineRoute({
  name: "showSeats",
  method: "get",
  path: "/v1/events/:eventId/sections/:sectionId/seats",
  summary: "The seats of a section right now; `If-None-Match` with the last `ETag` asks for news only.",
  access: "public",
  limitedBy: "maps",
  params: z.strictObject({
    eventId: idSchema<EventId>("The event."),
    sectionId: idSchema<SectionId>("The section."),
  }),
  body: noBody,
  idempotent: false,
  answers: {
    200: { description: "The seats.", json: seatsSchema },
    304: { description: "Nothing changed since.", json: null },
  },
  refusals: ["not_found"],
  async handle({ services, params: { eventId, sectionId }, headers }) {
    const event = await services.catalogue.find(eventId);
    if (event?.sections.every(({ id }) => id !== sectionId) ?? true) return { refusal: "not_found" };
    const watch = await services.sectionWatches.open(eventId, sectionId);
    if (watch === undefined) return { refusal: "busy", detail: "Too many sections are watched." };
    const picture = watch.picture();
    if (picture === undefined) return { refusal: "unavailable", detail: "The section is being loaded." };
    const etag = `"${picture.epoch}.${picture.version}"`;
    const caching = { ETag: etag, "Cache-Control": "no-cache" };
    if (hasAlready(headers.ifNoneMatch, etag)) return reply(304, undefined, caching);
    return reply(200, seatsView(sectionId, picture), caching);
  },
});
