import type { EventId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import { inTransactionAgain, type Pool, type Sql } from "../../foundation/postgres/pool.ts";
import { type Actor, type AuditedParts, writeAudit } from "../rooms/audit.ts";
import { type Cancellation, findCancellation } from "./cancellation.ts";
import { voidAllTickets } from "./void-seats.ts";

export type CancelParts = AuditedParts & { readonly pool: Pool; readonly jobs: Jobs };

export type Cancellations = {
  /** Nothing where there is no such event. */
  cancel(actor: Actor, eventId: EventId): Promise<Cancellation | undefined>;
  /** Nothing where the event is not cancelled. */
  find(eventId: EventId): Promise<Cancellation | undefined>;
};

export function createCancellations(parts: CancelParts): Cancellations {
  return {
    cancel: (actor, eventId) => cancelEvent(parts, actor, eventId),
    find: (eventId) => findCancellation(parts.pool, eventId),
  };
}

/**
 * From the commit on nothing of the event is sold or paid, and no ticket of it is good; a job gives the money back. Asked
 * for again, it says how far that has come. Nothing where there is no such event.
 */
export async function cancelEvent(
  parts: CancelParts,
  actor: Actor,
  eventId: EventId,
): Promise<Cancellation | undefined> {
  await inTransactionAgain(parts.pool, async (sql) => {
    const before = await statusOf(sql, eventId);
    if (before === undefined || before === "cancelled") return;
    // Before the event's row, as a refund locks them; the job does it again for whoever is paid meanwhile.
    await voidAllTickets(sql, eventId, parts.clock.now());
    if (!(await markCancelled(sql, eventId))) return;
    await countBookings(sql, actor, eventId);
    const after = { status: "cancelled" };
    await writeAudit(parts, sql, {
      eventId,
      actor,
      action: "event_cancelled",
      before: { status: before },
      after,
    });
    await parts.jobs.insert(sql, "cancel-event", [{ data: { eventId } }]);
  });
  return findCancellation(parts.pool, eventId);
}

async function statusOf(sql: Sql, eventId: EventId): Promise<string | undefined> {
  const found = await sql.query<{ status: string }>("select status from events where id = $1", [eventId]);
  return found.rows[0]?.status;
}

/** Of two at once, one. */
async function markCancelled(sql: Sql, eventId: EventId): Promise<boolean> {
  const marked = await sql.query(
    "update events set status = 'cancelled' where id = $1 and status <> 'cancelled'",
    [eventId],
  );
  return marked.rowCount === 1;
}

async function countBookings(sql: Sql, actor: Actor, eventId: EventId): Promise<void> {
  await sql.query(
    `insert into event_cancellations (event_id, requested_by, bookings_total)
     select $1, $2, count(*) from bookings where event_id = $1 and status in ('paid', 'partly_refunded')`,
    [eventId, actor.id],
  );
}
