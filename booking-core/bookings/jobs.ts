import type { Clock } from "../../foundation/clock.ts";
import type { BookingId, BuyerId, EventId, SectionId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Failures, GroupedJob } from "../../foundation/jobs/run-jobs.ts";
import { limits } from "../../foundation/limits.ts";
import type { Logger } from "../../foundation/log.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import { severalAtOnce } from "../../foundation/several-at-once.ts";
import { applyMarks } from "../sale/mark-seats.ts";
import type { Shrinking } from "../seats/hold-ends.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";
import { returnWalletsLater } from "../wallet/ended-bookings.ts";
import type { BookingStatus } from "./booking.ts";
import type { Changes } from "./changes.ts";
import { type EndedBooking, endBookings } from "./transitions.ts";

export type BookingJobParts = {
  readonly pool: Pool;
  readonly jobs: Jobs;
  readonly seats: SeatEngine;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly logger: Logger;
};

const batchSize = 200;
/**
 * An event with a locked row keeps a worker no longer than this, and is tried again: the seats of other events have to be free
 * within 5 s of their deadlines.
 */
const lockTimeoutMs = 1_000;
/** Of the search for overdue bookings; each takes a connection. */
const eventsAtOnce = 4;

/** Ends every unpaid booking of the event whose deadline has come. Two workers at once end each booking once. */
export async function expireBookings(
  parts: BookingJobParts,
  { eventId }: { eventId: EventId },
): Promise<void> {
  for (;;) {
    const ended = await expireBatch(parts, eventId);
    await followChange(parts, ended, "expired");
    if (ended.length < batchSize) return;
  }
}

function expireBatch({ pool, jobs, clock }: BookingJobParts, eventId: EventId): Promise<EndedBooking[]> {
  return inTransaction(pool, async (sql) => {
    await sql.query(`set local lock_timeout = ${lockTimeoutMs}`);
    const due = await sql.query<{ id: BookingId }>(
      `select id from bookings where event_id = $1 and status = 'pending_payment' and deadline <= $2
        order by id limit ${batchSize} for update skip locked`,
      [eventId, new Date(clock.now())],
    );
    if (due.rows.length === 0) return [];
    const ended = await endBookings(
      sql,
      due.rows.map((row) => row.id),
      "expired",
      clock.now(),
    );
    await jobs.insert(sql, "apply-holds", [{ data: { bookingIds: ended.map((booking) => booking.id) } }]);
    await returnWalletsLater(jobs, sql, ended);
    return ended;
  });
}

type Changed = { readonly id: BookingId; readonly eventId: EventId; readonly buyerId: BuyerId };

/**
 * Seats and buyers hear of it at once, as well as it goes: the job that was committed with the change makes up for
 * what fails here.
 */
export async function followChange(
  parts: Pick<BookingJobParts, "pool" | "seats" | "changes" | "logger">,
  bookings: readonly Changed[],
  status: BookingStatus,
): Promise<void> {
  try {
    await applyHolds(parts, { bookingIds: bookings.map((booking) => booking.id) });
    for (const [eventId, changed] of Map.groupBy(bookings, (booking) => booking.eventId))
      await parts.changes.publish(
        eventId,
        changed.map(({ id, buyerId }) => ({ buyerId, bookingId: id, status })),
      );
  } catch (error) {
    parts.logger.warn({ err: error, bookings: bookings.length, status }, "seats are freed a little later");
  }
}

/** An expiry job can be lost; the index of deadlines cannot. An event that cannot be done keeps no other from it. */
export async function expireOverdue(parts: BookingJobParts): Promise<void> {
  const overdue = await parts.pool.query<{ event_id: EventId }>(
    "select distinct event_id from bookings where status = 'pending_payment' and deadline <= $1",
    [new Date(parts.clock.now() - 1_000)],
  );
  await severalAtOnce(overdue.rows, eventsAtOnce, ({ event_id: eventId }) =>
    expireBookings(parts, { eventId }),
  );
}

type HoldRow = {
  id: BookingId;
  event_id: EventId;
  section_id: SectionId;
  status: BookingStatus;
  /** Seats that the booking has there. */
  live: number;
  /** Seats that it has no more; of a standing section null. */
  given_back: (number | null)[];
  /** Whether seats of the section are for something else than for whoever comes. */
  marked: boolean;
};

/**
 * Brings the holds of these bookings to what Postgres says: paid ones sold, without live seats in a section free
 * there, and less what was given back; seats that were blocked with that are so before they are free. May be repeated.
 */
export async function applyHolds(
  { pool, seats }: Pick<BookingJobParts, "pool" | "seats">,
  { bookingIds }: { bookingIds: readonly BookingId[] },
): Promise<void> {
  const failures = await tryApplyHolds({ pool, seats }, bookingIds);
  for (const error of failures.values()) throw error;
}

/** Of many jobs at once: a section is asked once for the bookings of all, and the jobs of one that fails come again. */
export async function applyHoldsOfJobs(
  parts: Pick<BookingJobParts, "pool" | "seats">,
  jobs: readonly GroupedJob<{ bookingIds: BookingId[] }>[],
): Promise<Failures> {
  const failures = await tryApplyHolds(parts, [...new Set(jobs.flatMap(({ data }) => data.bookingIds))]);
  return new Map(
    jobs.flatMap(({ id, data }) => {
      const culprit = data.bookingIds.find((bookingId) => failures.has(bookingId));
      return culprit === undefined ? [] : [[id, failures.get(culprit)]];
    }),
  );
}

/** The errors of the bookings whose sections failed. */
async function tryApplyHolds(
  { pool, seats }: Pick<BookingJobParts, "pool" | "seats">,
  bookingIds: readonly BookingId[],
): Promise<ReadonlyMap<BookingId, unknown>> {
  const failures = new Map<BookingId, unknown>();
  if (bookingIds.length === 0) return failures;
  const found = await pool.query<HoldRow>({
    name: "holds-of-bookings",
    text: `select b.id, b.event_id, s.section_id, b.status, count(*) filter (where s.live)::int as live,
            coalesce(array_agg(s.seat_number) filter (where not s.live), '{}') as given_back,
            (select marks <> '[]' from sections where id = s.section_id) as marked
       from bookings b join booking_seats s on s.booking_id = b.id
      where b.id = any($1::uuid[]) group by b.id, s.section_id`,
    values: [bookingIds],
  });
  const bySection = Map.groupBy(found.rows, (row) => row.section_id);
  await severalAtOnce([...bySection.values()], limits.booking.sectionsAtOnce, (rows) =>
    applyInSection({ pool, seats }, rows).catch((error: unknown) => {
      for (const { id } of rows) failures.set(id, error);
    }),
  );
  return failures;
}

async function applyInSection(
  parts: Pick<BookingJobParts, "pool" | "seats">,
  rows: readonly HoldRow[],
): Promise<void> {
  const { event_id: eventId, section_id: sectionId } = rows[0] as HoldRow;
  await markRefunded(parts, rows);
  const live = rows.filter((row) => row.live > 0);
  await parts.seats.shrink(eventId, sectionId, live.filter(hasGivenBack).map(shrinkingOf));
  const paid = live.filter(({ status }) => status !== "pending_payment");
  await parts.seats.confirm(eventId, sectionId, idsOf(paid));
  await parts.seats.release(eventId, sectionId, idsOf(rows.filter((row) => row.live === 0)));
}

/** A refund can block its seats: the marks of before were of seats that nobody could take. */
async function markRefunded(
  parts: Pick<BookingJobParts, "pool" | "seats">,
  rows: readonly HoldRow[],
): Promise<void> {
  const refunded = rows.filter(({ status, marked }) => marked && isRefunded(status));
  const [first] = refunded;
  if (first === undefined) return;
  const seatNumbers = refunded.flatMap(({ given_back }) => given_back.filter((number) => number !== null));
  await applyMarks(parts, { eventId: first.event_id, sectionId: first.section_id, seatNumbers });
}

function isRefunded(status: BookingStatus): boolean {
  return status === "partly_refunded" || status === "refunded";
}

function hasGivenBack(row: HoldRow): boolean {
  return row.given_back.length > 0;
}

function shrinkingOf({ id, live, given_back }: HoldRow): Shrinking {
  return { bookingId: id, left: live, giveBack: given_back.filter((number) => number !== null) };
}

function idsOf(rows: readonly HoldRow[]): BookingId[] {
  return rows.map((row) => row.id);
}
