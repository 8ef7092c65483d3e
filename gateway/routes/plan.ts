import { z } from "zod";
import type { EventId } from "../../foundation/ids.ts";
import { defineRoute, noBody } from "../route.ts";
import { idSchema } from "../wire/id.ts";
import { planSchema } from "../wire/plan.ts";
import { answerShared } from "./shared-answer.ts";

export const showPlan = defineRoute({
  name: "showPlan",
  method: "get",
  path: "/v1/events/:eventId/plan",
  summary:
    "Where every seat of an event stands, what is printed on it and which offer sells it: enough to draw it.",
  access: "public",
  limitedBy: "maps",
  params: z.strictObject({ eventId: idSchema<EventId>("The event.") }),
  body: noBody,
  idempotent: false,
  answers: {
    200: { description: "The plan; good for five minutes.", json: planSchema },
    304: { description: "Nothing changed since.", json: null },
  },
  refusals: ["not_found"],
  async handle({ services, sheets, params: { eventId }, headers }) {
    const event = await services.catalogue.find(eventId);
    if (event === undefined) return { refusal: "not_found" };
    return answerShared(sheets.plans.of(event), headers, "public, max-age=300");
  },
});
