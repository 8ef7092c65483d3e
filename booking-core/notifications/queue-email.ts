import type { BookingId, IdSource, RefundId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { Template } from "./templates.ts";

/** `fact` is what the e-mail is about: queued again for the same fact, nothing more is sent. */
export type NewEmail = {
  readonly bookingId: BookingId;
  readonly template: Template;
  readonly fact: string;
  readonly refundId?: RefundId;
};

/** Writes e-mails to the log and queues them, in the caller's transaction. Their text is written when they are sent. */
export async function queueEmails(
  parts: { jobs: Jobs; ids: IdSource },
  sql: Sql,
  emails: readonly NewEmail[],
): Promise<void> {
  if (emails.length === 0) return;
  const inserted = await sql.query<{ id: string }>(
    `insert into notifications (id, booking_id, channel, template, fact, refund_id, recipient, language, status)
     select n.id, b.id, 'email', n.template, n.fact, n.refund_id, b.buyer_email,
            coalesce((select language from payments where booking_id = b.id order by created_at desc limit 1), 'en'), 'queued'
       from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[])
         as n (id, booking_id, template, fact, refund_id)
       join bookings b on b.id = n.booking_id
     on conflict (booking_id, fact) do nothing returning id`,
    [
      emails.map(() => parts.ids.next<string>()),
      emails.map(({ bookingId }) => bookingId),
      emails.map(({ template }) => template),
      emails.map(({ fact }) => fact),
      emails.map(({ refundId }) => refundId ?? null),
    ],
  );
  await parts.jobs.insert(
    sql,
    "send-email",
    inserted.rows.map(({ id }) => ({ data: { notificationId: id } })),
  );
}
