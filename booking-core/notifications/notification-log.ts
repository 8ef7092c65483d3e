import type { BookingId, EventId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Language } from "../../foundation/language.ts";
import {
  behindCursor,
  cursorColumn,
  cursorValues,
  type Page,
  type PageRequest,
  pageOf,
} from "../../foundation/pages.ts";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { type Actor, type AuditedParts, writeAudit } from "../rooms/audit.ts";
import type { Template } from "./email-facts.ts";

export const notificationStatuses = ["queued", "sent", "failed", "dismissed"] as const;
export type NotificationStatus = (typeof notificationStatuses)[number];

export type Notification = {
  readonly id: string;
  readonly bookingId: BookingId;
  readonly channel: "email";
  readonly template: Template;
  readonly language: Language;
  readonly status: NotificationStatus;
  readonly recipient: string;
  /** Nothing before the first try. */
  readonly subject: string | null;
  readonly content: string | null;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly createdAtMs: number;
  readonly sentAtMs: number | null;
};

export type LogRequest = PageRequest & {
  readonly status?: NotificationStatus | undefined;
  readonly bookingId?: BookingId | undefined;
  readonly recipient?: string | undefined;
};

export type NotificationLog = {
  /** The newest first. */
  list(request: LogRequest): Promise<Page<Notification>>;
  /** Tries one that failed or was dismissed again, for as long as a new one. */
  resend(actor: Actor, id: string): Promise<"queued" | "not_found" | "not_stuck">;
  /** failed → dismissed: somebody has seen it, and it is not to be sent. It stays in the log. */
  dismiss(actor: Actor, id: string): Promise<"dismissed" | "not_found" | "not_stuck">;
};

type LogRow = {
  id: string;
  booking_id: BookingId;
  channel: "email";
  template: Template;
  language: Language;
  status: NotificationStatus;
  recipient: string;
  subject: string | null;
  content: string | null;
  attempts: number;
  last_error: string | null;
  created_at: Date;
  sent_at: Date | null;
  created_at_us: bigint;
};

const listed = `
  select n.*, ${cursorColumn("n.created_at")}
    from notifications n
   where ${behindCursor("n.created_at", "n.id", 1)}
     and ($4::text is null or n.status = $4)
     and ($5::uuid is null or n.booking_id = $5)
     and ($6::text is null or n.recipient = $6)
   order by n.created_at desc, n.id desc limit $3`;

export function createNotificationLog(parts: AuditedParts & { readonly jobs: Jobs }): NotificationLog {
  return {
    async list(request) {
      const { status = null, bookingId = null, recipient = null } = request;
      const values = [...cursorValues(request), status, bookingId, recipient];
      // Planned anew with the values: which index is right depends on what is asked for.
      const found = await parts.pool.query<LogRow>(listed, values);
      return pageOf(found.rows, request.limit, toNotification);
    },
    resend: (actor, id) =>
      inTransaction(parts.pool, async (sql) => {
        const again = await queueAgain(sql, id);
        if (again === undefined) return (await isThere(sql, id)) ? "not_stuck" : "not_found";
        const { eventId, lastError } = again;
        await parts.jobs.insert(sql, "send-email", [{ data: { notificationId: id } }]);
        const told = { before: { lastError }, after: { notificationId: id } };
        await writeAudit(parts, sql, { eventId, actor, action: "email_resent", ...told });
        return "queued";
      }),
    dismiss: (actor, id) =>
      inTransaction(parts.pool, async (sql) => {
        const dismissed = await setDismissed(sql, id);
        if (dismissed === undefined) return (await isThere(sql, id)) ? "not_stuck" : "not_found";
        const { eventId, lastError } = dismissed;
        const told = { before: { lastError }, after: { notificationId: id } };
        await writeAudit(parts, sql, { eventId, actor, action: "email_dismissed", ...told });
        return "dismissed";
      }),
  };
}

type Stuck = { readonly eventId: EventId; readonly lastError: string };

async function queueAgain(sql: Sql, id: string): Promise<Stuck | undefined> {
  const again = await sql.query<Stuck>(
    `update notifications n set status = 'queued', give_up_at = now() + interval '2 days', claimed_until = null
       from bookings b
      where n.id = $1 and n.status in ('failed', 'dismissed') and b.id = n.booking_id
     returning b.event_id as "eventId", n.last_error as "lastError"`,
    [id],
  );
  return again.rows[0];
}

async function setDismissed(sql: Sql, id: string): Promise<Stuck | undefined> {
  const dismissed = await sql.query<Stuck>(
    `update notifications n set status = 'dismissed' from bookings b
      where n.id = $1 and n.status = 'failed' and b.id = n.booking_id
     returning b.event_id as "eventId", n.last_error as "lastError"`,
    [id],
  );
  return dismissed.rows[0];
}

async function isThere(sql: Sql, id: string): Promise<boolean> {
  return (await sql.query("select from notifications where id = $1", [id])).rowCount === 1;
}

function toNotification(row: LogRow): Notification {
  const { id, channel, template, language, status, recipient, subject, content, attempts } = row;
  return {
    ...{ id, channel, template, language, status, recipient, subject, content, attempts },
    bookingId: row.booking_id,
    lastError: row.last_error,
    createdAtMs: row.created_at.getTime(),
    sentAtMs: row.sent_at?.getTime() ?? null,
  };
}
