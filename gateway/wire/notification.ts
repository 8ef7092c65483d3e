import { z } from "zod";
import {
  type Notification,
  notificationStatuses,
} from "../../booking-core/notifications/notification-log.ts";
import type { BookingId } from "../../foundation/ids.ts";
import { languages } from "../../foundation/language.ts";
import { idSchema } from "./id.ts";
import { timeSchema, timeView } from "./time.ts";

export const notificationStatusSchema = z.enum(notificationStatuses);

export const notificationSchema = z
  .strictObject({
    id: idSchema<string>("The notification; also its message id, before the @."),
    bookingId: idSchema<BookingId>("What it is about."),
    channel: z.enum(["email"]),
    template: z.enum(["tickets", "refund", "event_cancelled"]),
    language: z.enum(languages),
    status: notificationStatusSchema,
    recipient: z.string(),
    subject: z.string().nullable().meta({ description: "Null before the first try." }),
    content: z.string().nullable().meta({ description: "The text, as it was last told to the mail server." }),
    attempts: z.int().nonnegative(),
    lastError: z.string().nullable().meta({ description: "Why the last try failed." }),
    createdAt: timeSchema("When it was queued."),
    sentAt: timeSchema("When the mail server took it.").nullable(),
  })
  .meta({ id: "Notification" });

export function notificationView({
  createdAtMs,
  sentAtMs,
  ...same
}: Notification): z.infer<typeof notificationSchema> {
  return {
    ...same,
    createdAt: timeView(createdAtMs),
    sentAt: sentAtMs === null ? null : timeView(sentAtMs),
  };
}
