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
    if ((await seats.load({ ...section, marks }, live, ends)) === "loaded") return;
  }
  throw new Error(`section ${section.id} of event ${section.eventId} changes too fast to be rebuilt`);
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
