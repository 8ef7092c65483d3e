import pg from "pg";
import type { BookingId, EventId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import { limits } from "../../foundation/limits.ts";
import type { Logger } from "../../foundation/log.ts";
import type { Connection, Pool } from "../../foundation/postgres/pool.ts";
import type { CommitOutcome, NewBooking } from "./commit-groups.ts";
import { insertBookings } from "./insert-bookings.ts";
import { changeStandingStock } from "./transitions.ts";

export type CommitParts = { readonly pool: Pool; readonly jobs: Jobs; readonly logger: Logger };

/** How far a transaction came before it failed: only while it commits is its outcome in doubt. */
type Stage = "before commit" | "committing";
type Failure = { readonly stage: Stage; readonly error: Error };

/** Writes bookings in one transaction; where that is refused, one by one, so that a bad one fails alone. */
export async function commitGroup(
  parts: CommitParts,
  group: readonly NewBooking[],
): Promise<CommitOutcome[]> {
  const written = await write(parts, group);
  if (!("error" in written))
    return group.map((booking) => (written.ids.has(booking.id) ? "committed" : "exists"));
  if (written.stage === "committing") return askPostgres(parts, group);
  if (!isRefusal(written.error)) {
    parts.logger.error({ err: written.error, bookings: group.length }, "bookings could not be written");
    return group.map(() => "unavailable");
  }
  if (group.length === 1) return [refusalOf(parts, group[0] as NewBooking, written.error)];
  const outcomes: CommitOutcome[] = [];
  for (const booking of group) outcomes.push(...(await commitGroup(parts, [booking])));
  return outcomes;
}

async function write(
  parts: CommitParts,
  group: readonly NewBooking[],
): Promise<{ ids: Set<BookingId> } | Failure> {
  let stage: Stage = "before commit";
  let connection: Connection | undefined;
  try {
    connection = await parts.pool.connect();
    const ids = await within(limits.booking.commitTimeoutMs, writeRows(parts, connection, group));
    stage = "committing";
    await within(limits.booking.commitTimeoutMs, connection.query("commit"));
    connection.release();
    return { ids };
  } catch (error) {
    // Closing the connection rolls back what was not committed, also where it no longer answers.
    connection?.release(true);
    return { stage, error: error as Error };
  }
}

async function writeRows(
  parts: CommitParts,
  connection: Connection,
  group: readonly NewBooking[],
): Promise<Set<BookingId>> {
  await connection.query("begin");
  const ids = await insertBookings(connection, group);
  const written = group.filter((booking) => ids.has(booking.id));
  const standing = written.filter((booking) => booking.standing);
  if (standing.length > 0) await changeStandingStock(connection, standing, 1);
  if (written.length > 0) await parts.jobs.insert(connection, "expire-bookings", expiryJobs(written));
  return ids;
}

/** One job an event and second, however many bookings end in it. */
function expiryJobs(bookings: readonly NewBooking[]): { data: { eventId: EventId }; startAfter: Date }[] {
  const due = new Map<string, { data: { eventId: EventId }; startAfter: Date }>();
  for (const { eventId, deadlineMs } of bookings) {
    const second = Math.ceil(deadlineMs / 1_000);
    due.set(`${eventId} ${second}`, { data: { eventId }, startAfter: new Date(second * 1_000) });
  }
  return [...due.values()];
}

/** The commit's answer never came. What is in Postgres now is what was committed. */
async function askPostgres(parts: CommitParts, group: readonly NewBooking[]): Promise<CommitOutcome[]> {
  try {
    const ids = group.map((booking) => booking.id);
    const found = await within(
      limits.booking.commitTimeoutMs,
      parts.pool.query<{ id: BookingId }>("select id from bookings where id = any($1::uuid[])", [ids]),
    );
    const known = new Set(found.rows.map((row) => row.id));
    // One that is not there may still be on its way; its hold is left to the search for orphans.
    return group.map((booking) => (known.has(booking.id) ? "exists" : "unknown"));
  } catch (error) {
    parts.logger.error({ err: error, bookings: group.length }, "the outcome of a commit cannot be told");
    return group.map(() => "unknown");
  }
}

/** The database was reached and said no to the content: integrity (23) or data (22). */
function isRefusal(error: Error): boolean {
  return error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? "");
}

function refusalOf(parts: CommitParts, booking: NewBooking, error: Error): CommitOutcome {
  const constraint = error instanceof pg.DatabaseError ? error.constraint : undefined;
  const isTaken = constraint === "booking_seats_live" || constraint === "sections_standing_stock";
  const { id: bookingId, eventId, sectionId } = booking;
  parts.logger.warn({ bookingId, eventId, sectionId, constraint, err: error }, "Postgres refused a booking");
  return isTaken ? "refused" : "unavailable";
}

class TimeoutError extends Error {}

async function within<Result>(timeoutMs: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  // Whoever loses the race may still reject later: that is answered for already.
  work.catch(() => undefined);
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
