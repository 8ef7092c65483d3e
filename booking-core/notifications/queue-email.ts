import type { BookingId, IdSource, RefundId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Language } from "../../foundation/language.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { Template } from "./email-facts.ts";

/** `fact` is what the e-mail is about: queued again for the same fact, nothing more is sent. */
export type NewEmail = {
  readonly bookingId: BookingId;
  readonly template: Template;
  readonly fact: string;
  readonly refundId?: RefundId;
  /** Else that of the payment that paid the booking, or of its last one. */
  readonly language?: Language;
};

/** One event that is cancelled writes to thousands: who has just paid is not made to wait for them. */
const priorities: Record<Template, number> = { tickets: 2, refund: 1, event_cancelled: 0 };

const inserted = `
  insert into notifications (id, booking_id, channel, template, fact, refund_id, recipient, language, status)
  select q.id, q.booking_id, 'email', q.template, q.fact, q.refund_id, b.buyer_email,
         coalesce(q.language, p.language, 'en'), 'queued'
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[])
      as q (id, booking_id, template, fact, refund_id, language)
    left join bookings b on b.id = q.booking_id
    left join lateral (select language from payments where q.language is null and booking_id = b.id
                        order by status = 'succeeded' desc, created_at desc limit 1) p on true
  on conflict (booking_id, fact) do nothing
  returning id, template`;

/** Writes the e-mails to the log and queues them, in the caller's transaction; what they say is written when they are sent. */
export async function queueEmails(
  { jobs, ids }: { jobs: Pick<Jobs, "insert">; ids: IdSource },
  sql: Sql,
  emails: readonly NewEmail[],
): Promise<void> {
  if (emails.length === 0) return;
  const fresh = await sql.query<{ id: string; template: Template }>({
    name: "queue-emails",
    text: inserted,
    values: [
      emails.map(() => ids.next<string>()),
      emails.map(({ bookingId }) => bookingId),
      emails.map(({ template }) => template),
      emails.map(({ fact }) => fact),
      emails.map(({ refundId }) => refundId ?? null),
      emails.map(({ language }) => language ?? null),
    ],
  });
  if (fresh.rows.length === 0) return;
  await jobs.insert(
    sql,
    "send-email",
    fresh.rows.map(({ id, template }) => ({ data: { notificationId: id }, priority: priorities[template] })),
  );
}
