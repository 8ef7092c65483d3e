import type { BookingId } from "../../foundation/ids.ts";
import type { Language } from "../../foundation/language.ts";
import { limits } from "../../foundation/limits.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { Template } from "./email-facts.ts";
import type { Rendered } from "./render-email.ts";

export type ClaimedEmail = {
  readonly id: string;
  readonly bookingId: BookingId;
  readonly template: Template;
  readonly language: Language;
  readonly recipient: string;
};

/**
 * busy: another worker is sending it. done: it is sent or given up. A worker that comes to no end within its claim is
 * dead, or stands still: another may send.
 */
export async function claimEmail(sql: Sql, id: string): Promise<ClaimedEmail | "busy" | "done"> {
  const claimed = await sql.query<ClaimedEmail>(
    `update notifications set attempts = attempts + 1, claimed_until = now() + $2 * interval '1 ms'
      where id = $1 and status = 'queued' and (claimed_until is null or claimed_until <= now())
     returning id, booking_id as "bookingId", template, language, recipient`,
    [id, limits.email.claimMs],
  );
  const [row] = claimed.rows;
  if (row !== undefined) return row;
  const left = await sql.query("select from notifications where id = $1 and status = 'queued'", [id]);
  return left.rowCount === 1 ? "busy" : "done";
}

/** Before the mail server hears it: whatever happens then, the log has what it was told. */
export async function keepContent(sql: Sql, id: string, { subject, text, html }: Rendered): Promise<void> {
  await sql.query("update notifications set subject = $2, content = $3, html = $4 where id = $1", [
    ...[id, subject, text, html],
  ]);
}

export async function markSent(sql: Sql, id: string): Promise<void> {
  await sql.query(
    `update notifications set status = 'sent', sent_at = now(), last_error = null, claimed_until = null
      where id = $1 and status = 'queued'`,
    [id],
  );
}

/** failed: people look. dismissed: nothing is left to say, and nobody has to look. */
export async function markUnsent(
  sql: Sql,
  id: string,
  status: "failed" | "dismissed",
  reason: string,
): Promise<void> {
  await sql.query(
    `update notifications set status = $2, last_error = $3, claimed_until = null
      where id = $1 and status = 'queued'`,
    [id, status, errorText(reason)],
  );
}

/** It stays in the queue until its time is over. */
export async function putOff(sql: Sql, id: string, error: unknown): Promise<"queued" | "failed"> {
  const put = await sql.query<{ status: "queued" | "failed" }>(
    `update notifications
        set status = case when give_up_at <= now() then 'failed' else 'queued' end, last_error = $2, claimed_until = null
      where id = $1 and status = 'queued' returning status`,
    [id, errorText(error)],
  );
  return put.rows[0]?.status ?? "failed";
}

const errorCharsMost = 500;

function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/[\s\p{Cc}]+/gu, " ").slice(0, errorCharsMost);
}
