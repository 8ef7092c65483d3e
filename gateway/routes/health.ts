import { z } from "zod";
import { limits } from "../../foundation/limits.ts";
import { checkReadiness } from "../readiness.ts";
import { defineRoute, noBody, noParams, reply } from "../route.ts";

const partSchema = z.strictObject({ state: z.enum(["ok", "failed"]), ms: z.number().min(0) });
const readinessSchema = z
  .strictObject({
    ready: z.boolean(),
    parts: z.strictObject({ redis: partSchema, postgres: partSchema, queue: partSchema }),
  })
  .meta({ id: "Readiness" });

export const showHealth = defineRoute({
  name: "showHealth",
  method: "get",
  path: "/v1/health",
  summary: "Whether this process is alive.",
  access: "public",
  params: noParams,
  body: noBody,
  idempotent: false,
  answers: {
    200: { description: "It is alive.", json: z.strictObject({ status: z.literal("alive") }) },
  },
  refusals: [],
  handle: () => reply(200, { status: "alive" as const }),
});

export const showReadiness = defineRoute({
  name: "showReadiness",
  method: "get",
  path: "/v1/ready",
  summary: "Whether this process can serve: each part that it needs, and how long the part took to answer.",
  access: "public",
  params: noParams,
  body: noBody,
  idempotent: false,
  answers: {
    200: { description: "All parts answer.", json: readinessSchema },
    503: { description: "A part does not answer.", json: readinessSchema },
  },
  refusals: [],
  async handle({ services }) {
    const readiness = await checkReadiness(services, limits.http.checkTimeoutMs);
    return reply(readiness.ready ? 200 : 503, readiness);
  },
});
