import type { Clock } from "../../foundation/clock.ts";
import type { EventId, IdSource } from "../../foundation/ids.ts";
import type { Pool, Sql } from "../../foundation/postgres/pool.ts";

/** Who changes something. */
export type Actor = { readonly id: string | null; readonly email: string };

export type AuditEntry = {
  readonly id: string;
  readonly atMs: number;
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly before: unknown;
  readonly after: unknown;
};

export const auditActions = [
  "event_created",
  "room_changed",
  "codes_created",
  "beacon_announced",
  "beacon_revealed",
  "place_removed",
  "seats_marked",
  "rules_changed",
  "pool_set",
  "door_made",
  "door_closed",
  "tickets_refunded",
  "payment_refunded",
  "event_cancelled",
  "email_resent",
  "email_dismissed",
  "dead_letter_retried",
  "dead_letter_dismissed",
  "webhook_replayed",
  "webhook_dismissed",
  "refund_retried",
] as const;
export type AuditAction = (typeof auditActions)[number];

export type AuditedParts = { readonly pool: Pool; readonly ids: IdSource; readonly clock: Clock };

type NewEntry = {
  /** Nothing where it is not about one event. */
  readonly eventId: EventId | null;
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly before: unknown;
  readonly after: unknown;
};

/** To be called in the transaction of the change. */
export async function writeAudit(
  { ids, clock }: Pick<AuditedParts, "ids" | "clock">,
  sql: Sql,
  { eventId, actor, action, before, after }: NewEntry,
): Promise<void> {
  await sql.query(
    `insert into audit_log (id, at, actor_id, actor_email, action, event_id, before, after)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      ids.next<string>(),
      new Date(clock.now()),
      actor.id,
      actor.email,
      action,
      eventId,
      JSON.stringify(before),
      JSON.stringify(after),
    ],
  );
}

type AuditRow = {
  id: string;
  at: Date;
  actor_id: string | null;
  actor_email: string;
  action: AuditAction;
  before: unknown;
  after: unknown;
};

/** The newest first. */
export async function readAudit(sql: Sql, eventId: EventId, most: number): Promise<AuditEntry[]> {
  const found = await sql.query<AuditRow>(
    "select * from audit_log where event_id = $1 order by at desc, id desc limit $2",
    [eventId, most],
  );
  return found.rows.map(({ id, at, actor_id, actor_email, action, before, after }) => {
    return { id, atMs: at.getTime(), actor: { id: actor_id, email: actor_email }, action, before, after };
  });
}
