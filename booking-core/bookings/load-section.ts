import type { BookingId, SectionId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { SeatMark, Section } from "../events/event.ts";
import type { LiveHold } from "../seats/claim.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";

export type LoadParts = { readonly pool: Pool; readonly seats: SeatEngine };

/**
 * Of processes that build a section at the same time, each that is done makes the others read again. Ends of holds
 * do not: with 4,900 bookings and 75 payments a second, 20 readings in a row met one (seen), so `load` catches up.
 */
const attempts = 20;

const underWay = new Map<SectionId, Promise<void>>();
const following = new Map<SectionId, Promise<void>>();

/**
 * Builds the section in Redis from what Postgres says at some moment after the call. Those who ask at the same
 * time share one run; who asks while a run is under way shares the next, for the one under way may have read
 * Postgres before that was written which made the asker ask.
 */
export function loadSection(parts: LoadParts, section: Section): Promise<void> {
  const running = underWay.get(section.id);
  if (running === undefined) return start(parts, section);
  const next = following.get(section.id) ?? startAfter(parts, section, running);
  following.set(section.id, next);
  return next;
}

function start(parts: LoadParts, section: Section): Promise<void> {
  const run = load(parts, section).finally(() => underWay.delete(section.id));
  underWay.set(section.id, run);
  return run;
}

async function startAfter(parts: LoadParts, section: Section, running: Promise<void>): Promise<void> {
  // What went wrong with that one was told to those who asked for it.
  await running.catch(() => undefined);
  following.delete(section.id);
  return start(parts, section);
}
async function load({ pool, seats }: LoadParts, section: Section): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const ends = await seats.endsSoFar(section.eventId, section.id);
    const live = await liveHolds(pool, section.id);
    const marks = await marksOf(pool, section.id);
    if ((await seats.load({ ...section, marks }, live, ends)) === "loaded")
      return releaseEnded({ pool, seats }, section, live);
  }
  throw new Error(`section ${section.id} of event ${section.eventId} changes too fast to be rebuilt`);
}

/**
 * A fresh hold that Postgres does not know as live is kept: it may be about to commit. After a fail-over it can also be
 * of a booking that has ended, and whose end was forgotten.
 */
async function releaseEnded(
  { pool, seats }: LoadParts,
  { eventId, id: sectionId }: Section,
  live: readonly LiveHold[],
): Promise<void> {
  const known = new Set(live.map(({ bookingId }) => bookingId));
  const unpaid = await seats.unpaidHolds(eventId, sectionId, 0, Number.MAX_SAFE_INTEGER);
  const kept = unpaid.filter((id) => !known.has(id));
  if (kept.length === 0) return;
  const ended = await pool.query<{ id: BookingId }>(
    `select booking_id as id from booking_seats where booking_id = any($1::uuid[]) and section_id = $2
      group by booking_id having not bool_or(live)`,
    [kept, sectionId],
  );
  await seats.release(
    eventId,
    sectionId,
    ended.rows.map(({ id }) => id),
  );
}

/** As they are now: the section that the caller knows can be a second old. */
async function marksOf(pool: Pool, sectionId: SectionId): Promise<readonly SeatMark[]> {
  const found = await pool.query<{ marks: SeatMark[] }>("select marks from sections where id = $1", [
    sectionId,
  ]);
  return found.rows[0]?.marks ?? [];
}

type LiveRow = {
  id: BookingId;
  request_hash: string;
  status: string;
  quantity: number;
  deadline: Date;
  seat_numbers: (number | null)[];
};

async function liveHolds(pool: Pool, sectionId: SectionId): Promise<LiveHold[]> {
  const found = await pool.query<LiveRow>(
    `select b.id, b.request_hash, b.status, count(*)::int as quantity, b.deadline, array_agg(s.seat_number) as seat_numbers
       from bookings b join booking_seats s on s.booking_id = b.id and s.live
      where s.section_id = $1
      group by b.id`,
    [sectionId],
  );
  return found.rows.map((row) => ({
    bookingId: row.id,
    requestHash: row.request_hash,
    seatNumbers: row.seat_numbers.filter((number) => number !== null),
    quantity: row.quantity,
    deadlineMs: row.deadline.getTime(),
    state: row.status === "pending_payment" ? "held" : "sold",
  }));
}
