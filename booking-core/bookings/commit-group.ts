import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import type { BookingId, SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Logger } from "../../foundation/log.ts";
import type { Connection, Pool } from "../../foundation/postgres/pool.ts";
import type { PostgresWatch } from "../../foundation/postgres/postgres-watch.ts";
import type { ExpirySchedule } from "./expiry-schedule.ts";
import { countSeats, discountSeats } from "./identity-seats.ts";
import { insertBookings, takeStandingPlaces } from "./insert-bookings.ts";
import type { NewBooking } from "./new-booking.ts";
import { isOutage } from "./outage.ts";

export type CommitParts = {
  readonly pool: Pool;
  readonly postgres: PostgresWatch;
  readonly expiry: ExpirySchedule;
  readonly logger: Logger;
};

export type CommitResult =
  /** The others were there already, or are of an identity that has as many seats as the event grants. */
  | {
      readonly outcome: "committed";
      readonly inserted: ReadonlySet<BookingId>;
      /** With the most that each may have. */
      readonly limited: ReadonlyMap<BookingId, number>;
    }
  /** Nothing was written: the event bounds the seats of an identity since a moment ago, and these were not counted. */
  | { readonly outcome: "uncounted" }
  /** Nothing was written: a seat or a standing place belongs to another live booking. */
  | { readonly outcome: "taken" }
  /** Nothing was written: a row of one of them is locked for too long; the one of this standing section, where it is named. */
  | { readonly outcome: "locked"; readonly sectionId: SectionId | undefined }
  /** Nothing was written: something is wrong with one of them. */
  | { readonly outcome: "broken"; readonly error: unknown }
  /** Nothing was written: Postgres cannot serve now. */
  | { readonly outcome: "unavailable" }
  /** Perhaps written: Postgres went away during the commit and has not come back in time. */
  | { readonly outcome: "unknown" };

/** How far a transaction has come, for whoever has to say what became of it. */
type Progress = {
  transaction: string;
  inserted: ReadonlySet<BookingId>;
  limited: ReadonlyMap<BookingId, number>;
  scheduled: Awaited<ReturnType<ExpirySchedule["insert"]>>;
  /** Whose places are being taken. */
  sectionId: SectionId | undefined;
  committing: boolean;
};

const deadlockDetected = "40P01";
const lockNotAvailable = "55P03";
const { commitTimeoutMs } = limits.booking;
/** The server gives up first, so that a slow statement ends in a clear refusal and not in a cut connection. */
const statementTimeoutMs = commitTimeoutMs - 1_000;
/**
 * Well under that of a statement, so that there is time to write the others of the group. Longer than the second after which
 * Postgres looks for a circle: its victim is told so, and tried again.
 */
const lockTimeoutMs = 1_500;
/** Whether Postgres is still there is asked beside a commit that takes this long. */
const doubtAfterMs = 1_000;

/** Writes bookings in one transaction, with their seats, standing places and expiry jobs. */
export async function commitGroup(
  parts: CommitParts,
  bookings: readonly NewBooking[],
): Promise<CommitResult> {
  const doubt = setTimeout(parts.postgres.doubt, doubtAfterMs);
  return commitInTime(parts, bookings).finally(() => clearTimeout(doubt));
}

async function commitInTime(parts: CommitParts, bookings: readonly NewBooking[]): Promise<CommitResult> {
  // Of all tries: nothing is written when the buyers have been answered by the gateway's time-out.
  const untilMs = performance.now() + commitTimeoutMs;
  const first = await tryCommit(parts, bookings, untilMs);
  const [only] = bookings;
  if (first.outcome === "newly bounded" && only !== undefined && bookings.length === 1)
    return settled(await tryCommit(parts, [{ ...only, mostPerIdentity: first.mostPerIdentity }], untilMs));
  // Whom Postgres chose as the victim of a deadlock finds the way free now.
  return settled(first.outcome === "deadlock" ? await tryCommit(parts, bookings, untilMs) : first);
}

function settled(attempt: Attempt): CommitResult {
  if (attempt.outcome === "newly bounded") return { outcome: "uncounted" };
  return attempt.outcome === "deadlock" ? { outcome: "unavailable" } : attempt;
}

type Attempt = CommitResult | { readonly outcome: "deadlock" } | NewlyBounded;
type NewlyBounded = { readonly outcome: "newly bounded"; readonly mostPerIdentity: number };

async function tryCommit(
  parts: CommitParts,
  bookings: readonly NewBooking[],
  untilMs: number,
): Promise<Attempt> {
  const connection = await connect(parts);
  if (connection === undefined) return { outcome: "unavailable" };
  const lease = leaseFor(connection, untilMs);
  const progress: Progress = {
    transaction: "",
    inserted: new Set(),
    limited: new Map(),
    scheduled: [],
    sectionId: undefined,
    committing: false,
  };
  try {
    const mostPerIdentity = await write(parts, connection, bookings, progress);
    if (mostPerIdentity !== null) {
      await connection.query("rollback");
      return { outcome: "newly bounded", mostPerIdentity };
    }
    parts.expiry.remember(progress.scheduled);
    return { outcome: "committed", inserted: progress.inserted, limited: progress.limited };
  } catch (error) {
    if (progress.committing) lease.cut();
    else await connection.query("rollback").catch(lease.cut);
    return progress.committing ? await askAfterwards(parts, progress) : refusalOf(parts, error, progress);
  } finally {
    lease.end();
  }
}

async function connect({ pool, postgres, logger }: CommitParts): Promise<Connection | undefined> {
  if (postgres.isAway()) return undefined;
  try {
    return await pool.connect();
  } catch (error) {
    logger.warn({ err: error }, "no connection to Postgres for a group of bookings");
    return undefined;
  }
}

/** The connection goes back once: whole, or cut when something broke it or the time is up. */
function leaseFor(connection: Connection, untilMs: number) {
  let held = true;
  const give = (broken: boolean) => {
    if (held) connection.release(broken);
    held = false;
  };
  const timer = setTimeout(() => give(true), untilMs - performance.now());
  return {
    cut: () => give(true),
    end: () => {
      clearTimeout(timer);
      give(false);
    },
  };
}

/** Commits, unless bookings were not counted that the event bounds by now: then it gives the bound. */
async function write(
  { expiry }: CommitParts,
  connection: Connection,
  bookings: readonly NewBooking[],
  progress: Progress,
): Promise<number | null> {
  progress.transaction = await begin(connection);
  const { granted, refused } = await countSeats(connection, bookings);
  progress.limited = refused;
  const writable = refused.size === 0 ? bookings : bookings.filter(({ id }) => !refused.has(id));
  const { ids, mostPerIdentity } = await insertBookings(connection, writable);
  progress.inserted = ids;
  const inserted = bookings.filter((booking) => ids.has(booking.id));
  if (mostPerIdentity !== null && inserted.some((booking) => booking.mostPerIdentity === null))
    return mostPerIdentity;
  // Another gateway has written the same booking in this moment, and counted it.
  const doubled = granted.filter(({ id }) => !ids.has(id));
  await discountSeats(connection, doubled);
  await takePlaces(connection, inserted, progress);
  progress.scheduled = await expiry.insert(connection, inserted);
  progress.committing = true;
  await connection.query("commit");
  return null;
}

/** Where it throws, `progress` names the section. */
async function takePlaces(
  connection: Connection,
  inserted: readonly NewBooking[],
  progress: Progress,
): Promise<void> {
  await takeStandingPlaces(connection, inserted, (sectionId) => {
    progress.sectionId = sectionId;
  });
  progress.sectionId = undefined;
}

const beginText = `begin; set local statement_timeout = ${statementTimeoutMs}; set local lock_timeout = ${lockTimeoutMs};
  select pg_current_xact_id()::text as id`;

/** Gives the transaction's id, by which Postgres can be asked later what became of it. */
async function begin(connection: Connection): Promise<string> {
  const results = (await connection.query(beginText)) as unknown as pg.QueryResult<{ id: string }>[];
  const id = results.at(-1)?.rows[0]?.id;
  if (id === undefined) throw new Error("Postgres gave the transaction no id");
  return id;
}

/**
 * The answer to `commit` did not come. Whether a row is there says too little: the commit may still be on its way. The
 * transaction's own state says that it has ended, and is only asked again while it is in progress.
 */
async function askAfterwards({ pool, logger }: CommitParts, progress: Progress): Promise<CommitResult> {
  const deadline = performance.now() + commitTimeoutMs;
  while (performance.now() < deadline) {
    const state = await transactionState(pool, progress.transaction).catch(() => "no answer");
    if (state === "aborted") return { outcome: "unavailable" };
    const written = state === "committed" && (await whatIsThere(pool, progress).catch(() => undefined));
    if (written) return written;
    await pause(100);
  }
  logger.error({ transaction: progress.transaction }, "the outcome of a group of bookings is not known");
  return { outcome: "unknown" };
}

/**
 * Of a transaction whose number is that of a committed one. It need not be ours: a server that was killed forgets what was
 * not yet in its log, and gives the same number to another (seen: a booking that was answered and never written). Rows say
 * by whom they were written, until somebody changes them.
 */
async function whatIsThere(pool: Pool, { transaction, inserted, limited }: Progress): Promise<CommitResult> {
  const found = await pool.query<{ id: BookingId; ours: boolean }>(
    "select id, xmin = $2::xid8::xid as ours from bookings where id = any($1::uuid[])",
    [[...inserted], transaction],
  );
  const ours = new Set(found.rows.filter((row) => row.ours).map(({ id }) => id));
  if (ours.size > 0 || inserted.size === 0) return { outcome: "committed", inserted: ours, limited };
  return { outcome: found.rows.length === 0 ? "unavailable" : "unknown" };
}

async function transactionState(pool: Pool, transaction: string): Promise<string | undefined> {
  const found = await pool.query<{ state: string }>("select pg_xact_status($1::xid8) as state", [
    transaction,
  ]);
  return found.rows[0]?.state;
}

function refusalOf({ logger }: CommitParts, error: unknown, { sectionId }: Progress): Attempt {
  const { constraint, code } = error instanceof pg.DatabaseError ? error : {};
  if (constraint === "booking_seats_live" || constraint === "sections_standing_stock")
    return { outcome: "taken" };
  if (code === deadlockDetected) return { outcome: "deadlock" };
  if (!isOutage(error)) return { outcome: "broken", error };
  logger.warn({ err: error, sectionId }, "a group of bookings could not be written");
  return code === lockNotAvailable ? { outcome: "locked", sectionId } : { outcome: "unavailable" };
}
