import type { RefundId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import {
  type DeadLetter,
  dismissDeadLetter,
  listDeadLetters,
  retryDeadLetter,
  type TakenLetter,
} from "../../foundation/jobs/dead-letters.ts";
import type { Page, PageRequest } from "../../foundation/pages.ts";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { type Actor, type AuditAction, type AuditedParts, writeAudit } from "../rooms/audit.ts";
import { listOpenRefunds, type OpenRefund, type OpenRefundsRequest, retryRefund } from "./open-refunds.ts";
import { listParkedPayments, type ParkedPayment } from "./parked-payments.ts";
import { dismissWebhook, listParkedWebhooks, type ParkedWebhook, replayWebhook } from "./parked-webhooks.ts";
import { createStuckCounts, type StuckCounts } from "./stuck-counts.ts";

export type { DeadLetter };

/** not_stuck: it is not there, or nothing holds it up any more. */
export type StuckOutcome = "done" | "not_stuck";

/** What does not go on by itself, and what people do about it. Everything is written down with who did it. */
export type StuckWork = {
  counts(): Promise<StuckCounts>;
  deadLetters(request: PageRequest): Promise<Page<DeadLetter>>;
  retryDeadLetter(actor: Actor, id: string): Promise<StuckOutcome>;
  dismissDeadLetter(actor: Actor, id: string): Promise<StuckOutcome>;
  parkedWebhooks(request: PageRequest): Promise<Page<ParkedWebhook>>;
  replayWebhook(actor: Actor, id: string): Promise<StuckOutcome>;
  dismissWebhook(actor: Actor, id: string): Promise<StuckOutcome>;
  /** Each goes back by a word of an admin: `Refunds.ofParkedPayment`. */
  parkedPayments(request: PageRequest): Promise<Page<ParkedPayment>>;
  openRefunds(request: OpenRefundsRequest): Promise<Page<OpenRefund>>;
  retryRefund(actor: Actor, id: RefundId): Promise<StuckOutcome>;
};

type StuckParts = AuditedParts & { readonly jobs: Jobs };

export function createStuckWork(parts: StuckParts): StuckWork {
  const { pool, jobs } = parts;
  return {
    counts: createStuckCounts(parts),
    deadLetters: (request) => listDeadLetters(pool, request),
    retryDeadLetter: (actor, id) =>
      audited(parts, actor, "dead_letter_retried", async (sql) =>
        letterNote(await retryDeadLetter(jobs, sql, id)),
      ),
    dismissDeadLetter: (actor, id) =>
      audited(parts, actor, "dead_letter_dismissed", async (sql) =>
        letterNote(await dismissDeadLetter(sql, id)),
      ),
    parkedWebhooks: (request) => listParkedWebhooks(pool, request),
    replayWebhook: (actor, id) =>
      audited(parts, actor, "webhook_replayed", async (sql) => {
        const was = await replayWebhook(jobs, sql, id);
        return was && { eventId: null, before: was, after: { webhookId: id } };
      }),
    dismissWebhook: (actor, id) =>
      audited(parts, actor, "webhook_dismissed", async (sql) => {
        const was = await dismissWebhook(sql, id);
        return was && { eventId: null, before: was, after: { webhookId: id } };
      }),
    parkedPayments: (request) => listParkedPayments(pool, request),
    openRefunds: (request) => listOpenRefunds(pool, request),
    retryRefund: (actor, id) =>
      audited(parts, actor, "refund_retried", async (sql) => {
        const was = await retryRefund(jobs, sql, id);
        return was && { eventId: was.eventId, before: { problem: was.problem }, after: { refundId: id } };
      }),
  };
}

type Note = Pick<Parameters<typeof writeAudit>[2], "eventId" | "before" | "after">;

/** What it did, where it did something, is written down in the same transaction. */
function audited(
  parts: StuckParts,
  actor: Actor,
  action: AuditAction,
  work: (sql: Sql) => Promise<Note | undefined>,
): Promise<StuckOutcome> {
  return inTransaction(parts.pool, async (sql) => {
    const note = await work(sql);
    if (note === undefined) return "not_stuck";
    await writeAudit(parts, sql, { actor, action, ...note });
    return "done";
  });
}

function letterNote(letter: TakenLetter | undefined): Note | undefined {
  if (letter === undefined) return undefined;
  const { queue, data } = letter;
  return { eventId: null, before: { queue, data }, after: null };
}
