import type { BookingId, EventId } from "../../foundation/ids.ts";
import { inTransaction, inTransactionAgain } from "../../foundation/postgres/pool.ts";
import { type BookingJobParts, followChange } from "../bookings/jobs.ts";
import { endBookings } from "../bookings/transitions.ts";
import { returnWalletsLater } from "../wallet/ended-bookings.ts";
import type { RefundParts } from "./open-refunds.ts";
import { type RefundableBooking, refundBookings } from "./refund-bookings.ts";
import { voidAllTickets } from "./void-seats.ts";

export type RefundEventParts = BookingJobParts & RefundParts;

const batchSize = 200;
/** A job goes on for this long and then leaves the rest to the next one: it has to end before it counts as dead. */
const jobMs = 20_000;
/** Before all others. */
const firstId = "00000000-0000-0000-0000-000000000000" as BookingId;

/**
 * Refunds whoever has paid for a cancelled event, a batch a transaction. What is refunded is not found again, so a killed
 * job goes on where it stopped, and two of them refund nobody twice.
 */
export async function refundEvent(parts: RefundEventParts, { eventId }: { eventId: EventId }): Promise<void> {
  const untilMs = parts.clock.now() + jobMs;
  // Of bookings that were being paid when all tickets were made void; their turn for a refund may be long in coming.
  await inTransactionAgain(parts.pool, (sql) => voidAllTickets(sql, eventId, parts.clock.now()));
  for (let isMore = true; isMore; ) isMore = await cancelBatch(parts, eventId);
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

function goOnLater({ pool, jobs }: RefundEventParts, eventId: EventId): Promise<void> {
  return inTransaction(pool, (sql) => jobs.insert(sql, "cancel-event", [{ data: { eventId } }]));
}

/** For `repeat`: bookings that were made or paid in the moment when the event was cancelled are found here. */
export async function refundCancelledEvents(parts: RefundEventParts): Promise<void> {
  const found = await parts.pool.query<{ id: EventId }>(
    `select e.id from events e join event_cancellations c on c.event_id = e.id and c.finished_at is not null
      where e.status = 'cancelled' and exists (select from bookings b where b.event_id = e.id
        and b.status in ('pending_payment', 'paid', 'partly_refunded'))`,
  );
  for (const { id: eventId } of found.rows) await refundEvent(parts, { eventId });
}

/** Whether there may be more. Who is paying at this moment is passed over, and found later. */
async function cancelBatch(parts: RefundEventParts, eventId: EventId): Promise<boolean> {
  const ended = await inTransactionAgain(parts.pool, async (sql) => {
    const open = await sql.query<{ id: BookingId }>(
      `select id from bookings where event_id = $1 and status = 'pending_payment'
        order by id limit ${batchSize} for no key update skip locked`,
      [eventId],
    );
    if (open.rows.length === 0) return [];
    const ids = open.rows.map(({ id }) => id);
    const cancelled = await endBookings(sql, ids, "cancelled", parts.clock.now());
    await parts.jobs.insert(sql, "apply-holds", [{ data: { bookingIds: ids } }]);
    await returnWalletsLater(parts.jobs, sql, cancelled);
    return cancelled;
  });
  await followChange(parts, ended, "cancelled");
  return ended.length === batchSize;
}

/** The last booking of the batch; nothing where there is none behind `after`. */
async function refundBatch(
  parts: RefundEventParts,
  eventId: EventId,
  after: BookingId,
): Promise<BookingId | undefined> {
  const paid = await parts.pool.query<{ id: BookingId }>(
    `select id from bookings where event_id = $1 and status in ('paid', 'partly_refunded') and id > $2
      order by id limit ${batchSize}`,
    [eventId, after],
  );
  const ids = paid.rows.map(({ id }) => id);
  if (ids.length === 0) return undefined;
  await followChange(parts, await refundCounted(parts, eventId, ids), "refunded");
  return ids.at(-1);
}

function refundCounted(
  parts: RefundEventParts,
  eventId: EventId,
  ids: readonly BookingId[],
): Promise<RefundableBooking[]> {
  return inTransactionAgain(parts.pool, async (sql) => {
    const refunded = await refundBookings(parts, sql, ids);
    await sql.query("update event_cancellations set bookings_done = bookings_done + $2 where event_id = $1", [
      eventId,
      refunded.length,
    ]);
    return refunded;
  });
}
