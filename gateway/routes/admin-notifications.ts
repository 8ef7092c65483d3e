import { z } from "zod";
import type { BookingId } from "../../foundation/ids.ts";
import { defineRoute, noBody, noParams, reply } from "../route.ts";
import { actorOf } from "../wire/audit.ts";
import { emailSchema } from "../wire/email.ts";
import { idSchema } from "../wire/id.ts";
import { notificationSchema, notificationStatusSchema, notificationView } from "../wire/notification.ts";
import { pageQuery, pageSchema, pageView } from "../wire/page.ts";

export const listNotifications = defineRoute({
  name: "listNotifications",
  method: "get",
  path: "/v1/admin/notifications",
  summary: "What was sent to buyers, what waits and what failed: the newest first, in pages.",
  access: "admin",
  params: noParams,
  query: z.strictObject({
    ...pageQuery,
    status: notificationStatusSchema.optional(),
    bookingId: idSchema<BookingId>("Of one booking.").optional(),
    recipient: emailSchema.optional(),
  }),
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The page.", json: pageSchema(notificationSchema) } },
  refusals: [],
  async handle({ services, query: { cursor, ...asked } }) {
    const page = await services.notificationLog.list({ ...asked, after: cursor });
    return reply(200, pageView(page, notificationView));
  },
});

export const resendNotification = defineRoute({
  name: "resendNotification",
  method: "post",
  path: "/v1/admin/notifications/:notificationId/resend",
  summary: "Try one that failed, or was dismissed, again; it is written down with who did it.",
  access: "admin",
  params: z.strictObject({ notificationId: idSchema<string>("The notification.") }),
  body: noBody,
  idempotent: false,
  answers: { 202: { description: "It is queued again.", json: null } },
  refusals: ["not_found", "not_stuck"],
  async handle({ services, params: { notificationId }, buyer }) {
    const outcome = await services.notificationLog.resend(actorOf(buyer), notificationId);
    return outcome === "queued" ? reply(202, undefined) : { refusal: outcome };
  },
});

export const dismissNotification = defineRoute({
  name: "dismissNotification",
  method: "post",
  path: "/v1/admin/notifications/:notificationId/dismiss",
  summary:
    "Take note of one that failed: it stays in the log and counts as stuck no more; it is written down with who did it.",
  access: "admin",
  params: z.strictObject({ notificationId: idSchema<string>("The notification.") }),
  body: noBody,
  idempotent: false,
  answers: { 204: { description: "It is dismissed.", json: null } },
  refusals: ["not_found", "not_stuck"],
  async handle({ services, params: { notificationId }, buyer }) {
    const outcome = await services.notificationLog.dismiss(actorOf(buyer), notificationId);
    return outcome === "dismissed" ? reply(204, undefined) : { refusal: outcome };
  },
});
