import { z } from "zod";
import { defineRoute, noBody, noParams, reply } from "../route.ts";
import { actorOf } from "../wire/audit.ts";
import { idSchema } from "../wire/id.ts";
import { pageQuery, pageSchema, pageView } from "../wire/page.ts";
import { deadLetterSchema, deadLetterView } from "../wire/stuck-work.ts";

export const listDeadLetters = defineRoute({
  name: "listDeadLetters",
  method: "get",
  path: "/v1/admin/dead-letters",
  summary: "Jobs that failed as often as they may: the newest first, in pages.",
  access: "admin",
  params: noParams,
  query: z.strictObject(pageQuery),
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The page.", json: pageSchema(deadLetterSchema) } },
  refusals: [],
  async handle({ services, query: { limit, cursor } }) {
    const page = await services.stuckWork.deadLetters({ limit, after: cursor });
    return reply(200, pageView(page, deadLetterView));
  },
});

const params = z.strictObject({ deadLetterId: idSchema<string>("The dead letter.") });

export const retryDeadLetter = defineRoute({
  name: "retryDeadLetter",
  method: "post",
  path: "/v1/admin/dead-letters/:deadLetterId/retry",
  summary: "Put the job back into its queue as a new one; it is written down with who did it.",
  access: "admin",
  params,
  body: noBody,
  idempotent: false,
  answers: { 202: { description: "It is queued again.", json: null } },
  refusals: ["not_stuck"],
  async handle({ services, params: { deadLetterId }, buyer }) {
    const outcome = await services.stuckWork.retryDeadLetter(actorOf(buyer), deadLetterId);
    return outcome === "done" ? reply(202, undefined) : { refusal: outcome };
  },
});

export const dismissDeadLetter = defineRoute({
  name: "dismissDeadLetter",
  method: "delete",
  path: "/v1/admin/dead-letters/:deadLetterId",
  summary: "Take the job away for good; it is written down with who did it and what it was about.",
  access: "admin",
  params,
  body: noBody,
  idempotent: false,
  answers: { 204: { description: "It is gone.", json: null } },
  refusals: ["not_stuck"],
  async handle({ services, params: { deadLetterId }, buyer }) {
    const outcome = await services.stuckWork.dismissDeadLetter(actorOf(buyer), deadLetterId);
    return outcome === "done" ? reply(204, undefined) : { refusal: outcome };
  },
});
