import type { BookingId, PaymentId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { BookingStatus } from "../bookings/booking.ts";
import { type Revival, reviveBookings } from "../bookings/revive-bookings.ts";
import type { PaidBooking } from "../bookings/transitions.ts";
import type { RefundParts } from "../refunds/open-refunds.ts";
import type { LateBooking } from "./claim-again.ts";
import { type BoughtNothing, giveBackReceived, type Kept, type Received } from "./keep-received.ts";
import { whyNot } from "./pay-booking.ts";
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
 * revives those that have expired, where `seats` has what was claimed for them, or it goes back. What is left over is
 * settled alone: more than one late payment of a booking or a buyer, whose turns come one after the other, and late ones
 * that a wallet pays in part, which locks the wallet first.
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
  const bookings = await findUnpaid(
    sql,
    unpaid.flatMap(({ payment: { bookingId } }) => bookingId ?? []),
  );
  const group: Group = { again: [], kept: [], late: [] };
  const buyers = new Set<string>();
  for (const one of unpaid) {
    const { bookingId, otherSeats, walletMinor } = one.payment;
    const booking = bookingId === null ? undefined : bookings.get(bookingId);
    if (bookingId === null || booking === undefined || booking.status === "pending_payment") continue;
    const why = whyNot(booking.status);
    if (why !== "expired") group.kept.push({ ...one, problem: why });
    if (why !== "expired" || walletMinor > 0n || buyers.has(booking.buyer)) continue;
    buyers.add(booking.buyer);
    const claimed = seats.get(bookingId);
    if (claimed === undefined) group.late.push({ bookingId, otherSeats });
    else if (claimed === "gone") group.kept.push({ ...one, problem: "too_late" });
    else group.again.push({ ...one, ...worthOf(payingOf(one)), seats: claimed });
  }
  return group;
}

type UnpaidBooking = {
  readonly id: BookingId;
  readonly status: BookingStatus;
  /** Whose seats are counted together. */
  readonly buyer: string;
};

async function findUnpaid(
  sql: Sql,
  ids: readonly BookingId[],
): Promise<ReadonlyMap<BookingId, UnpaidBooking>> {
  const found = await sql.query<UnpaidBooking>({
    name: "find-unpaid",
    text: "select id, status, event_id || ' ' || identity as buyer from bookings where id = any($1::uuid[])",
    values: [ids],
  });
  return new Map(found.rows.map((booking) => [booking.id, booking]));
}

const payingOf = ({ payment, fact: { providerPaymentId } }: Received) => ({ payment, providerPaymentId });
