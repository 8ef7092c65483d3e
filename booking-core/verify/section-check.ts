import type { BookingId, SectionId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Section } from "../events/event.ts";
import type { Hold } from "../seats/hold.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";
import { lookAtSeats, type Suspects } from "./seat-bytes-check.ts";

/** A hold outlives its deadline by at most this, and a gap between Redis and Postgres lasts no longer. */
const graceMs = 5_000;

type Live = {
  readonly id: BookingId;
  readonly paid: boolean;
  readonly seatNumbers: readonly number[];
  readonly quantity: number;
  readonly deadlineMs: number;
};

type LiveRow = {
  readonly id: BookingId;
  readonly status: string;
  readonly deadline: Date;
  readonly seat_numbers: readonly (number | null)[];
};

/** Holds one section in Redis against itself and against Postgres; gives what looks wrong. */
export async function lookAtSection(
  parts: { pool: Pool; seats: SeatEngine },
  section: Section,
  nowMs: number,
): Promise<Suspects> {
  const live = await liveBookings(parts.pool, section.id);
  const holds = await parts.seats.holds(section.eventId, section.id);
  const snapshot = await parts.seats.snapshot(section.eventId, section.id);
  if (snapshot === undefined)
    return [[section.id, `section ${section.id} of event ${section.eventId} is not in Redis`]];
  const found = [
    ...overdueHolds(holds, live, nowMs),
    ...holdsWithoutBooking(holds, live, nowMs),
    ...bookingsWithoutHold(holds, live),
    ...doubleHolds(holds),
    ...lookAtSeats(section, snapshot, holds),
  ];
  return found.map(([key, sentence]) => [`${section.id} ${key}`, `section ${section.id}: ${sentence}`]);
}

async function liveBookings(pool: Pool, sectionId: SectionId): Promise<Map<BookingId, Live>> {
  const found = await pool.query<LiveRow>(
    `select b.id, b.status, b.deadline, array_agg(s.seat_number order by s.position) as seat_numbers
       from bookings b join booking_seats s on s.booking_id = b.id and s.live
      where s.section_id = $1 and b.ended_at is null group by b.id`,
    [sectionId],
  );
  return new Map(
    found.rows.map(({ id, status, deadline, seat_numbers }) => {
      const seatNumbers = seat_numbers.filter((number) => number !== null);
      const [paid, quantity] = [status !== "pending_payment", seat_numbers.length];
      return [id, { id, paid, seatNumbers, quantity, deadlineMs: deadline.getTime() }];
    }),
  );
}

/** Postgres decides on deadlines: the hold of a booking whose deadline was put off has the first one still. */
function overdueHolds(holds: readonly Hold[], live: ReadonlyMap<BookingId, Live>, nowMs: number): Suspects {
  const deadlineOf = (hold: Hold) => live.get(hold.bookingId)?.deadlineMs ?? hold.deadlineMs;
  return holds
    .filter((hold) => hold.state === "held" && deadlineOf(hold) + graceMs < nowMs)
    .map((hold) => [`overdue ${hold.bookingId}`, `the hold of booking ${hold.bookingId} should have ended`]);
}

/** A fresh hold may be on its way to its commit. */
function holdsWithoutBooking(
  holds: readonly Hold[],
  live: ReadonlyMap<BookingId, Live>,
  nowMs: number,
): Suspects {
  return holds
    .filter((hold) => !live.has(hold.bookingId) && hold.heldAtMs + orphanMs < nowMs)
    .map((hold) => [
      `orphan ${hold.bookingId}`,
      `seats are ${hold.state} for ${hold.bookingId}, which is no live booking`,
    ]);
}

/** The search for orphans has come by after this time. */
const orphanMs = 60_000;

function bookingsWithoutHold(holds: readonly Hold[], live: ReadonlyMap<BookingId, Live>): Suspects {
  const byId = new Map(holds.map((hold) => [hold.bookingId, hold]));
  return [...live.values()].flatMap((booking): Suspects => {
    const hold = byId.get(booking.id);
    const wanted = `${booking.paid ? "sold" : "held"} ${booking.quantity} ${booking.seatNumbers.toSorted(byNumber).join(",")}`;
    const is =
      hold === undefined
        ? "nothing"
        : `${hold.state} ${hold.quantity} ${hold.seatNumbers.toSorted(byNumber).join(",")}`;
    return is === wanted
      ? []
      : [[`differs ${booking.id}`, `booking ${booking.id} has ${wanted} in Postgres and ${is} in Redis`]];
  });
}

function doubleHolds(holds: readonly Hold[]): Suspects {
  const owners = new Map<number, BookingId>();
  const doubles: [string, string][] = [];
  for (const { bookingId, seatNumbers } of holds) {
    for (const seat of seatNumbers) {
      const other = owners.get(seat);
      if (other !== undefined)
        doubles.push([`double ${seat}`, `seat ${seat} is held by ${other} and by ${bookingId}`]);
      owners.set(seat, bookingId);
    }
  }
  return doubles;
}

function byNumber(left: number, right: number): number {
  return left - right;
}
