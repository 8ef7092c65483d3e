import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Mailer } from "./mailer.ts";

type QueuedRow = { id: string; recipient: string; subject: string; content: string };

/**
 * Sends one e-mail of the log. It is marked as sent after the mail server has taken it: a crash between the two
 * sends it again, under the same message id. No e-mail is lost.
 */
export async function sendEmail(
  parts: { pool: Pool; mailer: Mailer },
  { notificationId }: { notificationId: string },
): Promise<void> {
  const found = await parts.pool.query<QueuedRow>(
    "select id, recipient, subject, content from notifications where id = $1 and status = 'queued'",
    [notificationId],
  );
  const [row] = found.rows;
  if (row === undefined) return;
  await parts.mailer.send({ id: row.id, to: row.recipient, subject: row.subject, text: row.content });
  await parts.pool.query("update notifications set status = 'sent', sent_at = now() where id = $1", [row.id]);
}
