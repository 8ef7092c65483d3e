import type { BookingId, EventId } from "../../foundation/ids.ts";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { type BookingJobParts, followChange } from "../bookings/jobs.ts";
import { endBookings } from "../bookings/transitions.ts";
import { type Actor, type AuditedParts, writeAudit } from "../rooms/audit.ts";
import type { RefundParts } from "./open-refunds.ts";
import { refundBookings } from "./refund-bookings.ts";

export type CancelParts = BookingJobParts & RefundParts & AuditedParts;

/** How far the refunds of an event that does not take place have come. */
export type Cancellation = {
  readonly eventId: EventId;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  /** Paid bookings, as many as there were at its beginning. */
  readonly bookings: number;
  readonly refunded: number;
  /** Refunds that the provider has not done yet, and those that it could not do. */
  readonly pending: number;
  readonly parked: number;
};

const batchSize = 200;
/** A job goes on for this long and then leaves the rest to the next one: it has to end before it counts as dead. */
const jobMs = 20_000;
/** Before all others. */
const firstId = "00000000-0000-0000-0000-000000000000" as BookingId;

/**
 * From the commit on nothing of the event is sold; everybody who has paid is refunded by a job. Asked for again, it
 * says how far that has come.
 */
export async function cancelEvent(
  parts: CancelParts,
  actor: Actor,
  eventId: EventId,
): Promise<Cancellation | undefined> {
  await inTransaction(parts.pool, async (sql) => {
    const changed = await sql.query<{ before: string }>(
      `update events e set status = 'cancelled' from (select id, status as before from events where id = $1 for no key update) old
        where e.id = old.id and old.before <> 'cancelled' returning old.before`,
      [eventId],
    );
    const [event] = changed.rows;
    if (event === undefined) return;
    await sql.query(
      `insert into event_cancellations (event_id, requested_by, bookings_total)
       select $1, $2, count(*) from bookings where event_id = $1 and status in ('paid', 'partly_refunded')`,
      [eventId, actor.id],
    );
    const [before, after] = [{ status: event.before }, { status: "cancelled" }];
    await writeAudit(parts, sql, { eventId, actor, action: "event_cancelled", before, after });
    await parts.jobs.insert(sql, "cancel-event", [{ data: { eventId } }]);
  });
  return findCancellation(parts.pool, eventId);
}

export async function findCancellation(sql: Sql, eventId: EventId): Promise<Cancellation | undefined> {
  const found = await sql.query<Omit<Cancellation, "startedAtMs" | "finishedAtMs"> & { started: Date; finished: Date | null }>(
    `select c.event_id as "eventId", c.started_at as started, c.finished_at as finished, c.bookings_total as bookings,
            c.bookings_done as refunded,
            count(r.id) filter (where r.status = 'pending')::int as pending, count(r.id) filter (where r.status = 'parked')::int as parked
       from event_cancellations c
       left join (bookings b join refunds r on r.booking_id = b.id and r.status <> 'done') on b.event_id = c.event_id
      where c.event_id = $1 group by c.event_id`,
    [eventId],
  );
  const [row] = found.rows;
  if (row === undefined) return undefined;
  const { started, finished, ...same } = row;
  return { ...same, startedAtMs: started.getTime(), finishedAtMs: finished?.getTime() ?? null };
}

/**
 * Refunds whoever has paid, a batch a transaction. What is refunded is not found again, so a killed job goes on where it
 * stopped, and two of them share the work.
 */
export async function refundEvent(parts: CancelParts, { eventId }: { eventId: EventId }): Promise<void> {
  const untilMs = parts.clock.now() + jobMs;
  while (await cancelBatch(parts, eventId));
  let last: BookingId | undefined = firstId;
  while (last !== undefined) {
    last = await refundBatch(parts, eventId, last);
    if (last !== undefined && parts.clock.now() > untilMs) return goOnLater(parts, eventId);
  }
  await parts.pool.query(
    "update event_cancellations set finished_at = now() where event_id = $1 and finished_at is null",
    [eventId],
  );
}

function goOnLater({ pool, jobs }: CancelParts, eventId: EventId): Promise<void> {
  return inTransaction(pool, (sql) => jobs.insert(sql, "cancel-event", [{ data: { eventId } }]));
}

/** Bookings that were committed while the event was cancelled, and money that came then, are found here. */
export async function refundCancelledEvents(parts: CancelParts): Promise<void> {
  const found = await parts.pool.query<{ id: EventId }>(
    `select e.id from events e join event_cancellations c on c.event_id = e.id and c.finished_at is not null
      where e.status = 'cancelled' and exists (select from bookings b where b.event_id = e.id
        and b.status in ('pending_payment', 'paid', 'partly_refunded'))`,
  );
  for (const { id: eventId } of found.rows) await refundEvent(parts, { eventId });
}

/** Whether there may be more. */
async function cancelBatch(parts: CancelParts, eventId: EventId): Promise<boolean> {
  const ended = await inTransaction(parts.pool, async (sql) => {
    const open = await sql.query<{ id: BookingId }>(
      `select id from bookings where event_id = $1 and status = 'pending_payment'
        order by id limit ${batchSize} for no key update skip locked`,
      [eventId],
    );
    if (open.rows.length === 0) return [];
    const ids = open.rows.map(({ id }) => id);
    const cancelled = await endBookings(sql, ids, "cancelled", parts.clock.now());
    await parts.jobs.insert(sql, "apply-holds", [{ data: { bookingIds: cancelled.map(({ id }) => id) } }]);
    return cancelled;
  });
  await followChange(parts, ended, "cancelled");
  return ended.length === batchSize;
}

/** The last booking of the batch; nothing where there is none behind `after`. */
async function refundBatch(
  parts: CancelParts,
  eventId: EventId,
  after: BookingId,
): Promise<BookingId | undefined> {
  return inTransaction(parts.pool, async (sql) => {
    const paid = await sql.query<{ id: BookingId }>(
      `select id from bookings where event_id = $1 and status in ('paid', 'partly_refunded') and id > $2
        order by id limit ${batchSize}`,
      [eventId, after],
    );
    const ids = paid.rows.map(({ id }) => id);
    const refunded = await refundBookings(parts, sql, ids);
    await sql.query("update event_cancellations set bookings_done = bookings_done + $2 where event_id = $1", [
      eventId,
      refunded.length,
    ]);
    return ids.at(-1);
  });
}
