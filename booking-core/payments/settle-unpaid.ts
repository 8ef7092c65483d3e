import type { BookingId, PaymentId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { type Revival, reviveBookings } from "../bookings/revive-bookings.ts";
import type { PaidBooking } from "../bookings/transitions.ts";
import type { RefundParts } from "../refunds/open-refunds.ts";
import type { LateBooking } from "./claim-again.ts";
import { type BoughtNothing, giveBackReceived, type Kept, type Received } from "./keep-received.ts";
import { statusesOf, whyNot } from "./pay-booking.ts";
import { followPayments, worthOf } from "./pay-bookings.ts";
import type { LateSeats } from "./settle-fact.ts";

/** What became of money whose booking did not wait for it. What is missing is left as it was. */
export type Unpaid = {
  /** Their money was late, and has bought the seats that were claimed again. */
  readonly revived: ReadonlyMap<PaymentId, PaidBooking>;
  readonly givenBack: readonly Kept<BoughtNothing>[];
  /** Nothing was written: their seats must be claimed again first. */
  readonly late: readonly LateBooking[];
};

type Group = {
  readonly again: (Received & Revival)[];
  readonly kept: Kept<BoughtNothing>[];
  readonly late: LateBooking[];
};

/**
 * Money that has come for bookings which were not there to be paid, in the transaction that has the payments locked: it
 * revives those that have expired, where `seats` has what was claimed for them, or it goes back. Of one booking that has
 * expired the first payment counts; those that it leaves over, and all that is not one of these cases, are settled alone.
 */
export async function settleUnpaid(
  parts: RefundParts,
  sql: Sql,
  unpaid: readonly Received[],
  seats: ReadonlyMap<BookingId, LateSeats>,
): Promise<Unpaid> {
  if (unpaid.length === 0) return { revived: new Map(), givenBack: [], late: [] };
  const { again, kept, late } = await sortOut(sql, unpaid, seats);
  const bookings = again.length === 0 ? [] : await reviveBookings(sql, again);
  const byId = new Map(bookings.map((booking) => [booking.id, booking]));
  const paid = again.flatMap(({ payment, fact: { providerPaymentId }, bookingId }) => {
    const booking = byId.get(bookingId);
    return booking === undefined ? [] : [{ payment, providerPaymentId, booking }];
  });
  if (paid.length > 0) await followPayments(parts, sql, paid);
  await giveBackReceived(parts, sql, kept);
  const revived = new Map(paid.map(({ payment, booking }) => [payment.id, booking]));
  return { revived, givenBack: kept, late };
}

async function sortOut(
  sql: Sql,
  unpaid: readonly Received[],
  seats: ReadonlyMap<BookingId, LateSeats>,
): Promise<Group> {
  const statuses = await statusesOf(
    sql,
    unpaid.flatMap(({ payment: { bookingId } }) => bookingId ?? []),
  );
  const group: Group = { again: [], kept: [], late: [] };
  const expired = new Set<BookingId>();
  for (const one of unpaid) {
    const { bookingId, otherSeats } = one.payment;
    const status = bookingId === null ? undefined : statuses.get(bookingId);
    if (bookingId === null || status === undefined || status === "pending_payment") continue;
    const why = whyNot(status);
    if (why !== "expired") group.kept.push({ ...one, problem: why });
    if (why !== "expired" || expired.has(bookingId)) continue;
    expired.add(bookingId);
    const claimed = seats.get(bookingId);
    if (claimed === undefined) group.late.push({ bookingId, otherSeats });
    else if (claimed === "gone") group.kept.push({ ...one, problem: "too_late" });
    else group.again.push({ ...one, ...worthOf(payingOf(one)), seats: claimed });
  }
  return group;
}

const payingOf = ({ payment, fact: { providerPaymentId } }: Received) => ({ payment, providerPaymentId });
