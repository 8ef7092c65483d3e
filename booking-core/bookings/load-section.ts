import { setTimeout } from "node:timers/promises";
import type { BookingId, SectionId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { SeatMark, Section } from "../events/event.ts";
import type { LiveHold } from "../seats/claim.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";
import { outage } from "./outage.ts";

export type LoadParts = { readonly pool: Pool; readonly seats: SeatEngine };

/**
 * Of processes that build a section at the same time, each that is done makes the others read again. Ends of holds
 * do not: with 4,900 bookings and 75 payments a second, 20 readings in a row met one (seen), so `load` catches up.
 */
const attempts = 20;
/** At most so long, and at random, so that those who build the same section come one after the other. */
const pauseMs = 50;

/** Who needs the section as it was at the call or later, or who only needs one that can be sold from. */
type Need = "newer" | "any";

const underWay = new Map<SectionId, Promise<void>>();
const following = new Map<SectionId, Promise<void>>();

/**
 * For who found the section missing. Whoever builds it, here or in another process, it is there then: a run that is
 * under way is shared, and what another has built since the call is good.
 */
export function ensureLoaded(parts: LoadParts, section: Section): Promise<void> {
  return underWay.get(section.id) ?? start(parts, section, "any");
}

/**
 * Builds the section in Redis from what Postgres says at some moment after the call. Those who ask at the same
 * time share one run; who asks while a run is under way shares the next, for the one under way may have read
 * Postgres before that was written which made the asker ask.
 */
export function loadSection(parts: LoadParts, section: Section): Promise<void> {
  const running = underWay.get(section.id);
  if (running === undefined) return start(parts, section, "newer");
  const next = following.get(section.id) ?? startAfter(parts, section, running);
  following.set(section.id, next);
  return next;
}

function start(parts: LoadParts, section: Section, need: Need): Promise<void> {
  const run = load(parts, section, need).finally(() => underWay.delete(section.id));
  underWay.set(section.id, run);
  return run;
}

async function startAfter(parts: LoadParts, section: Section, running: Promise<void>): Promise<void> {
  // What went wrong with that one was told to those who asked for it.
  await running.catch(() => undefined);
  following.delete(section.id);
  return start(parts, section, "newer");
}

async function load(parts: LoadParts, section: Section, need: Need): Promise<void> {
  const { eventId, id } = section;
  const epoch = await parts.seats.epochOf(eventId, id);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (await tryLoad(parts, section)) return;
    if (need === "any" && isNewer(await parts.seats.epochOf(eventId, id), epoch)) return;
    await setTimeout(Math.random() * pauseMs);
  }
  throw outage(`section ${id} of event ${eventId} changes too fast to be rebuilt`);
}

/** Whether the section was built since, by the server that has it now. */
function isNewer(now: number | undefined, before: number | undefined): boolean {
  return now !== undefined && now !== before;
}

async function tryLoad({ pool, seats }: LoadParts, section: Section): Promise<boolean> {
  const ends = await seats.endsSoFar(section.eventId, section.id);
  const live = await liveHolds(pool, section.id);
  const marks = await marksOf(pool, section.id);
  if ((await seats.load({ ...section, marks }, live, ends)) === "moved") return false;
  await releaseEnded({ pool, seats }, section, live);
  return true;
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
  const kept = unpaid.map(({ bookingId }) => bookingId).filter((id) => !known.has(id));
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
