import type { Clock } from "../../foundation/clock.ts";
import type { BookingId, BuyerId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { returnWalletsLater } from "../wallet/ended-bookings.ts";
import type { Booking } from "./booking.ts";
import { scheduleExpiry } from "./expiry-schedule.ts";
import { type FoundBooking, findBooking } from "./find-booking.ts";
import { giveBackProblem } from "./give-back.ts";
import { type BookingJobParts, followChange } from "./jobs.ts";
import { endBookings, giveBackSeats, putOffDeadline } from "./transitions.ts";

export type Mine = { readonly buyerId: BuyerId; readonly bookingId: BookingId };

export type ChangeRefusal = {
  readonly outcome:
    | "not_found"
    /** It has ended, was paid, or its deadline has come. */
    | "booking_not_changeable"
    /** What is being paid would not be what the booking costs. */
    | "payment_under_way"
    /** To give back all that is left is to cancel. */
    | "last_seat_stays"
    | "seats_not_booked"
    | "extension_refused"
    | "extension_used";
};

/** `fresh` is false where the same was done before. */
export type ChangeOutcome =
  | { readonly outcome: "changed"; readonly booking: Booking; readonly fresh: boolean }
  | ChangeRefusal;

/** What a buyer may do with a booking before it is paid. Each may be asked for again and happens once. */
export type ChangeOfMind = {
  giveBack(mine: Mine, positions: readonly number[]): Promise<ChangeOutcome>;
  cancel(mine: Mine): Promise<ChangeOutcome>;
  putOff(mine: Mine, idempotencyKey: string): Promise<ChangeOutcome>;
};

/** Nothing where there is nothing left to do. */
type Decision = ChangeRefusal | "done" | undefined;

type Change = {
  /** What of the booking, as it is now, speaks against it. */
  decide(sql: Sql, found: FoundBooking): Promise<Decision> | Decision;
  apply(sql: Sql, booking: Booking): Promise<void>;
};

type Parts = { readonly jobs: Jobs; readonly clock: Clock };

export function createChangeOfMind(parts: BookingJobParts): ChangeOfMind {
  return {
    giveBack: (mine, positions) => change(parts, mine, givingBack(parts, [...new Set(positions)])),
    cancel: (mine) => change(parts, mine, cancelling(parts)),
    putOff: (mine, key) => change(parts, mine, puttingOff(parts, key)),
  };
}

/** The booking's row is locked first: what is asked for at the same time happens one after the other. */
async function change(parts: BookingJobParts, mine: Mine, wanted: Change): Promise<ChangeOutcome> {
  const outcome = await inTransaction(parts.pool, (sql) => changeLocked(parts, sql, mine, wanted));
  if (outcome.outcome === "changed" && outcome.fresh)
    await followChange(parts, [outcome.booking], outcome.booking.status);
  return outcome;
}

async function changeLocked(
  { clock }: Parts,
  sql: Sql,
  { buyerId, bookingId }: Mine,
  wanted: Change,
): Promise<ChangeOutcome> {
  await sql.query("select from bookings where id = $1 and buyer_id = $2 for update", [bookingId, buyerId]);
  const found = await findBooking(sql, bookingId);
  if (found === undefined || found.booking.buyerId !== buyerId) return { outcome: "not_found" };
  const decision = await wanted.decide(sql, found);
  if (decision === "done") return { outcome: "changed", booking: found.booking, fresh: false };
  const { status, deadlineMs } = found.booking;
  if (status !== "pending_payment" || deadlineMs <= clock.now()) return { outcome: "booking_not_changeable" };
  if (decision !== undefined) return decision;
  await wanted.apply(sql, found.booking);
  const changed = await findBooking(sql, bookingId);
  if (changed === undefined) throw new Error(`booking ${bookingId} was there and is gone`);
  return { outcome: "changed", booking: changed.booking, fresh: true };
}

function givingBack({ jobs, clock }: Parts, positions: readonly number[]): Change {
  return {
    decide: (sql, { booking }) => giveBackProblem(sql, booking, positions),
    apply: async (sql, { id, seats }) => {
      const still = seats.map(({ position }) => position).filter((position) => positions.includes(position));
      const given = await giveBackSeats(sql, { id, positions: still, nowMs: clock.now() });
      if (!given) throw new Error(`booking ${id} did not give its seats back`);
      await jobs.insert(sql, "apply-holds", [{ data: { bookingIds: [id] } }]);
    },
  };
}

function cancelling({ jobs, clock }: Parts): Change {
  return {
    decide: (_, { booking }) => (booking.status === "cancelled" ? "done" : undefined),
    apply: async (sql, { id }) => {
      const ended = await endBookings(sql, [id], "cancelled", clock.now());
      await jobs.insert(sql, "apply-holds", [{ data: { bookingIds: [id] } }]);
      await returnWalletsLater(jobs, sql, ended);
    },
  };
}

function puttingOff({ jobs, clock }: Parts, key: string): Change {
  return {
    decide: async (sql, { booking, extensionKey }) => {
      if (extensionKey === key) return "done";
      if (booking.extended) return { outcome: "extension_used" };
      const event = await sql.query("select from events where id = $1 and extension_ms > 0", [
        booking.eventId,
      ]);
      return event.rowCount === 1 ? undefined : { outcome: "extension_refused" };
    },
    apply: async (sql, { id, eventId }) => {
      const deadline = await putOffDeadline(sql, id, { key, nowMs: clock.now() });
      if (deadline === undefined) throw new Error(`the deadline of booking ${id} was not put off`);
      await scheduleExpiry(jobs, sql, { eventId, deadlineMs: deadline.getTime() });
    },
  };
}
