import { z } from "zod";
import type { RefundId } from "../../foundation/ids.ts";
import { defineRoute, noBody, noParams, reply } from "../route.ts";
import { actorOf } from "../wire/audit.ts";
import { idSchema } from "../wire/id.ts";
import { pageQuery, pageSchema, pageView } from "../wire/page.ts";
import {
  openRefundSchema,
  openRefundView,
  parkedPaymentSchema,
  parkedPaymentView,
  parkedWebhookSchema,
  parkedWebhookView,
} from "../wire/stuck-work.ts";

export const listParkedWebhooks = defineRoute({
  name: "listParkedWebhooks",
  method: "get",
  path: "/v1/admin/webhooks",
  summary: "Messages of the payment provider that nothing could be made of: the newest first, in pages.",
  access: "admin",
  params: noParams,
  query: z.strictObject({ ...pageQuery, status: z.enum(["parked"]).default("parked") }),
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The page.", json: pageSchema(parkedWebhookSchema) } },
  refusals: [],
  async handle({ services, query: { limit, cursor } }) {
    const page = await services.stuckWork.parkedWebhooks({ limit, after: cursor });
    return reply(200, pageView(page, parkedWebhookView));
  },
});

export const replayWebhook = defineRoute({
  name: "replayWebhook",
  method: "post",
  path: "/v1/admin/webhooks/:webhookId/replay",
  summary: "Settle a parked message anew, as if it had just come; it is written down with who did it.",
  access: "admin",
  params: z.strictObject({ webhookId: idSchema<string>("The message.") }),
  body: noBody,
  idempotent: false,
  answers: { 202: { description: "It is queued again.", json: null } },
  refusals: ["not_stuck"],
  async handle({ services, params: { webhookId }, buyer }) {
    const outcome = await services.stuckWork.replayWebhook(actorOf(buyer), webhookId);
    return outcome === "done" ? reply(202, undefined) : { refusal: outcome };
  },
});

export const dismissWebhook = defineRoute({
  name: "dismissWebhook",
  method: "post",
  path: "/v1/admin/webhooks/:webhookId/dismiss",
  summary:
    "Take note of a parked message, once all is done that it asks for: it is kept and counts as stuck no more; it is written down with who did it.",
  access: "admin",
  params: z.strictObject({ webhookId: idSchema<string>("The message.") }),
  body: noBody,
  idempotent: false,
  answers: { 204: { description: "It is dismissed.", json: null } },
  refusals: ["not_stuck"],
  async handle({ services, params: { webhookId }, buyer }) {
    const outcome = await services.stuckWork.dismissWebhook(actorOf(buyer), webhookId);
    return outcome === "done" ? reply(204, undefined) : { refusal: outcome };
  },
});

export const listParkedPayments = defineRoute({
  name: "listParkedPayments",
  method: "get",
  path: "/v1/admin/payments",
  summary:
    "Money that has come and bought nothing, until somebody sends it back with `refundPayment`: the newest first, in pages.",
  access: "admin",
  params: noParams,
  query: z.strictObject({ ...pageQuery, status: z.enum(["parked"]).default("parked") }),
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The page.", json: pageSchema(parkedPaymentSchema) } },
  refusals: [],
  async handle({ services, query: { limit, cursor } }) {
    const page = await services.stuckWork.parkedPayments({ limit, after: cursor });
    return reply(200, pageView(page, parkedPaymentView));
  },
});

export const listOpenRefunds = defineRoute({
  name: "listOpenRefunds",
  method: "get",
  path: "/v1/admin/refunds",
  summary: "Money that was promised and is not back yet: the newest first, in pages.",
  access: "admin",
  params: noParams,
  query: z.strictObject({
    ...pageQuery,
    status: z
      .enum(["pending", "parked"])
      .default("parked")
      .meta({ description: "parked: the provider says no. Default: parked." }),
  }),
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The page.", json: pageSchema(openRefundSchema) } },
  refusals: [],
  async handle({ services, query: { limit, cursor, status } }) {
    const page = await services.stuckWork.openRefunds({ limit, status, after: cursor });
    return reply(200, pageView(page, openRefundView));
  },
});

export const retryRefund = defineRoute({
  name: "retryRefund",
  method: "post",
  path: "/v1/admin/refunds/:refundId/retry",
  summary: "Ask the provider again for a parked refund; it is written down with who did it.",
  access: "admin",
  params: z.strictObject({ refundId: idSchema<RefundId>("The refund.") }),
  body: noBody,
  idempotent: false,
  answers: { 202: { description: "It is queued again.", json: null } },
  refusals: ["not_stuck"],
  async handle({ services, params: { refundId }, buyer }) {
    const outcome = await services.stuckWork.retryRefund(actorOf(buyer), refundId);
    return outcome === "done" ? reply(202, undefined) : { refusal: outcome };
  },
});
