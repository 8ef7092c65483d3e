import type { BookingId } from "../../foundation/ids.ts";
import type { Language } from "../../foundation/language.ts";
import type { Logger } from "../../foundation/log.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { type ClaimedEmail, claimEmail, keepContent, markSent, markUnsent, putOff } from "./claim-email.ts";
import { readEmailFacts, type TicketsUrlOf } from "./email-facts.ts";
import type { Attachment, Mailer, MailOutcome } from "./mailer.ts";
import { renderEmail } from "./render-email.ts";

export type SendParts = {
  readonly pool: Pool;
  readonly mailer: Mailer;
  readonly logger: Logger;
  /** Where the buyer sees the tickets of a booking. */
  readonly ticketsUrlOf: TicketsUrlOf;
  /** The tickets, to be printed. */
  readonly ticketFiles: (bookingId: BookingId, language: Language) => Promise<readonly Attachment[]>;
};

/**
 * Sends one e-mail of the log; see docs/email.md for what a death between any two steps leads to.
 *
 *   queued ──claimed, written, taken by the mail server──▶ sent
 *      ├──nothing is left to say──▶ dismissed ◀──people──┐
 *      ├──the recipient is refused for good──▶ failed ──people──▶ queued
 *      └──anything else──▶ queued, and tried again for two days ──▶ failed
 */
export async function sendEmail(
  parts: SendParts,
  { notificationId }: { notificationId: string },
): Promise<void> {
  const claimed = await claimEmail(parts.pool, notificationId);
  if (claimed === "done") return;
  if (claimed === "busy") throw new Error(`e-mail ${notificationId} is being sent by another worker`);
  const outcome = await deliver(parts, claimed).catch((error: unknown) => retryLater(parts, claimed, error));
  if (outcome === undefined) return;
  if (outcome.outcome === "taken") return markSent(parts.pool, claimed.id);
  const isNeedless = outcome.outcome === "needless";
  await markUnsent(parts.pool, claimed.id, isNeedless ? "dismissed" : "failed", outcome.reason);
  if (isNeedless) return;
  const { bookingId } = claimed;
  parts.logger.warn({ notificationId, bookingId, reason: outcome.reason }, "an e-mail cannot be delivered");
}

type Needless = { readonly outcome: "needless"; readonly reason: string };

async function deliver(
  parts: SendParts,
  { id, template, ...email }: ClaimedEmail,
): Promise<MailOutcome | Needless> {
  const { bookingId, language, recipient } = email;
  const rendered = renderEmail(await readEmailFacts(parts.pool, id, parts.ticketsUrlOf));
  if (rendered === undefined)
    return { outcome: "needless", reason: "No ticket of the booking is valid any more." };
  await keepContent(parts.pool, id, rendered);
  const attachments = template === "tickets" ? await parts.ticketFiles(bookingId, language) : [];
  return parts.mailer.send({ id, to: recipient, ...rendered, attachments });
}

/** The job comes again while it throws. */
async function retryLater(parts: SendParts, { id }: ClaimedEmail, error: unknown): Promise<undefined> {
  if ((await putOff(parts.pool, id, error)) === "queued") throw error;
  parts.logger.error({ err: error, notificationId: id }, "an e-mail is given up");
}
