import { z } from "zod";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { idSchema } from "../wire/id.ts";
import { seatsSchema, seatsView } from "../wire/seats.ts";

export const showSeats = defineRoute({
  name: "showSeats",
  method: "get",
  path: "/v1/events/:eventId/sections/:sectionId/seats",
  summary: "The seats of a section right now; `If-None-Match` with the last `ETag` asks for news only.",
  access: "public",
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
    const section = event?.sections.find((one) => one.id === sectionId);
    if (section === undefined) return { refusal: "not_found" };
    const snapshot = await services.seats.snapshot(eventId, sectionId);
    if (snapshot === undefined) return { refusal: "unavailable", detail: "The section is being loaded." };
    const etag = `"${snapshot.version}"`;
    const caching = { ETag: etag, "Cache-Control": "no-cache" };
    if (headers.ifNoneMatch === etag) return reply(304, undefined, caching);
    return reply(200, seatsView(sectionId, snapshot), caching);
  },
});
