import type { BookingId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { readFacts } from "./email-facts.ts";
import type { Mailer } from "./mailer.ts";
import { renderEmail, type Template } from "./templates.ts";

type QueuedRow = { id: string; booking_id: BookingId; template: Template; recipient: string };

/**
 * Sends one e-mail of the log. It is marked as sent after the mail server has taken it: a crash between the two
 * sends it again, under the same message id. No e-mail is lost.
 */
export async function sendEmail(
  parts: { pool: Pool; mailer: Mailer },
  { notificationId }: { notificationId: string },
): Promise<void> {
  const found = await parts.pool.query<QueuedRow>(
    "select id, booking_id, template, recipient from notifications where id = $1 and status = 'queued'",
    [notificationId],
  );
  const [row] = found.rows;
  if (row === undefined) return;
  const { subject, content } = renderEmail(row.template, await readFacts(parts.pool, row.booking_id));
  await parts.mailer.send({ id: row.id, to: row.recipient, subject, text: content });
  await parts.pool.query(
    "update notifications set status = 'sent', sent_at = now(), subject = $2, content = $3 where id = $1",
    [row.id, subject, content],
  );
}
