import pg from "pg";
import type { BookingId } from "../../foundation/ids.ts";
import { inTransactionAgain, type Sql } from "../../foundation/postgres/pool.ts";
import { applyHolds } from "../bookings/jobs.ts";
import { loadSection } from "../bookings/load-section.ts";
import { type ClaimAgainParts, claim, claimAgain, findWanted, sameSeats } from "./claim-again.ts";
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
  const seats = (await claimAgain(parts, late)) ?? "gone";
  const settled = await settleWith(parts, late, settle, seats);
  if (seats !== "gone") await followHolds(parts, late.bookingId, settled?.changed !== undefined);
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

/**
 * The holds as Postgres has them now. A release from the booking's expiry may have come between the claim and the
 * commit: then the seats are claimed once more, and where another has them in Redis it is built anew. What fails here the
 * job makes up for that was committed with the payment, or the search for orphans.
 */
async function followHolds(parts: ClaimAgainParts, bookingId: BookingId, isPaid: boolean): Promise<void> {
  try {
    for (const wanted of isPaid ? await findWanted(parts, bookingId) : [])
      if ((await claim(parts, wanted, sameSeats(wanted))).outcome !== "held")
        await loadSection(parts, wanted.section);
    await applyHolds(parts, { bookingIds: [bookingId] });
  } catch (error) {
    parts.logger.warn({ err: error, bookingId }, "the holds of a booking paid late follow a little later");
  }
}
