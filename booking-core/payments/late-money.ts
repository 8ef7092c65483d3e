import pg from "pg";
import type { BookingId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { inTransactionAgain, type Sql } from "../../foundation/postgres/pool.ts";
import { severalAtOnce } from "../../foundation/several-at-once.ts";
import { applyHolds } from "../bookings/jobs.ts";
import { loadSection } from "../bookings/load-section.ts";
import {
  type ClaimAgainParts,
  claim,
  claimAgain,
  findWanted,
  type LateBooking,
  sameSeats,
} from "./claim-again.ts";
import type { LateSeats, Settled, TooLateYet } from "./settle-fact.ts";

/** Settles in a transaction; told what has become of the seats, it settles for good. */
export type Settle = (sql: Sql, seats?: LateSeats) => Promise<Settled | TooLateYet | undefined>;

/**
 * Money for a booking that has expired: its seats are claimed in Redis first, then Postgres has the last word, and
 * where it says no the money goes back.
 */
export async function settleLate(
  parts: ClaimAgainParts,
  late: TooLateYet,
  settle: Settle,
): Promise<Settled | undefined> {
  const claimed = await claimLate(parts, [late]);
  const settled = await settleWith(parts, late, settle, claimed.get(late.bookingId) ?? "gone");
  await followClaims(parts, claimed, new Set(settled?.changed === undefined ? [] : [late.bookingId]));
  return settled;
}

async function settleWith(
  parts: ClaimAgainParts,
  late: TooLateYet,
  settle: Settle,
  seats: LateSeats,
): Promise<Settled | undefined> {
  try {
    return settledOnly(await inTransactionAgain(parts.pool, (sql) => settle(sql, seats)));
  } catch (error) {
    if (!isTaken(error)) throw error;
    parts.logger.warn(
      { err: error, bookingId: late.bookingId },
      "Postgres refused seats that Redis gave again",
    );
    for (const { section } of await findWanted(parts, late.bookingId)) await loadSection(parts, section);
    return settledOnly(await inTransactionAgain(parts.pool, (sql) => settle(sql, "gone")));
  }
}

function settledOnly(settled: Settled | TooLateYet | undefined): Settled | undefined {
  if (settled?.status === "late") throw new Error(`late money for ${settled.bookingId} was not settled`);
  return settled;
}

function isTaken(error: unknown): boolean {
  const constraint = error instanceof pg.DatabaseError ? error.constraint : undefined;
  return constraint === "booking_seats_live" || constraint === "sections_standing_stock";
}

/** What is claimed again for each, or that it is gone; as many at once as may be settled so. */
export async function claimLate(
  parts: ClaimAgainParts,
  late: readonly LateBooking[],
): Promise<ReadonlyMap<BookingId, LateSeats>> {
  const claimed = await severalAtOnce(late, limits.settlement.aloneAtOnce, async (one) => {
    const seats: LateSeats = (await claimAgain(parts, one)) ?? "gone";
    return [one.bookingId, seats] as const;
  });
  return new Map(claimed);
}

/**
 * The holds of what was claimed again, as Postgres has them now. A release from a booking's expiry may have come between
 * the claim and the commit: then the seats are claimed once more, and where another has them in Redis it is built anew.
 * What fails here the job makes up for that was committed with the payment, or the search for orphans.
 */
export async function followClaims(
  parts: ClaimAgainParts,
  claimed: ReadonlyMap<BookingId, LateSeats>,
  paid: ReadonlySet<BookingId>,
): Promise<void> {
  const bookingIds = [...claimed].filter(([, seats]) => seats !== "gone").map(([id]) => id);
  try {
    const kept = bookingIds.filter((id) => paid.has(id));
    await severalAtOnce(kept, limits.settlement.aloneAtOnce, (id) => claimOnceMore(parts, id)).finally(() =>
      applyHolds(parts, { bookingIds }),
    );
  } catch (error) {
    parts.logger.warn({ err: error, bookingIds }, "the holds of bookings paid late follow a little later");
  }
}

async function claimOnceMore(parts: ClaimAgainParts, bookingId: BookingId): Promise<void> {
  for (const wanted of await findWanted(parts, bookingId))
    if ((await claim(parts, wanted, sameSeats(wanted))).outcome !== "held")
      await loadSection(parts, wanted.section);
}
