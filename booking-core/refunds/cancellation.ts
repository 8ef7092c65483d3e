import type { EventId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { waitsForPeople } from "../stuck-work/parked-payments.ts";

/** How far the refunds of an event that does not take place have come. */
export type Cancellation = {
  readonly eventId: EventId;
  readonly startedAtMs: number;
  /** When all bookings were refunded; the provider may still have some of the money. */
  readonly finishedAtMs: number | null;
  /** Paid bookings: as many as there were at its beginning, and those that were paid in that moment. */
  readonly bookings: number;
  /** Fewer at the end, where buyers gave theirs back themselves in that moment. */
  readonly refunded: number;
  /** Refunds that the provider has not done yet, and those that it could not do. */
  readonly pending: number;
  readonly parked: number;
  /** Payments of its bookings whose money has come, bought nothing, and waits for people to send it back. */
  readonly parkedPayments: number;
};

type Row = Omit<Cancellation, "startedAtMs" | "finishedAtMs"> & { started: Date; finished: Date | null };

export async function findCancellation(sql: Sql, eventId: EventId): Promise<Cancellation | undefined> {
  const found = await sql.query<Row>(
    `select c.event_id as "eventId", c.started_at as started, c.finished_at as finished,
            greatest(c.bookings_total, c.bookings_done) as bookings, c.bookings_done as refunded,
            count(r.id) filter (where r.status = 'pending')::int as pending,
            count(r.id) filter (where r.status = 'parked')::int as parked,
            (select count(*)::int from payments where ${waitsForPeople}
                and booking_id in (select id from bookings where event_id = c.event_id)) as "parkedPayments"
       from event_cancellations c
       left join (refunds r join bookings b on b.id = r.booking_id) on b.event_id = c.event_id and r.status <> 'done'
      where c.event_id = $1 group by c.event_id`,
    [eventId],
  );
  const [row] = found.rows;
  if (row === undefined) return undefined;
  const { started, finished, ...same } = row;
  return { ...same, startedAtMs: started.getTime(), finishedAtMs: finished?.getTime() ?? null };
}
