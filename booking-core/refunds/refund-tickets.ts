import type { Clock } from "../../foundation/clock.ts";
import type { Currency } from "../../foundation/currencies.ts";
import type { BookingId, BuyerId, EventId, PaymentId, RefundId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { Booking } from "../bookings/booking.ts";
import { findBooking } from "../bookings/find-booking.ts";
import type { Payment } from "../payments/payment.ts";
import { refundStep } from "../payments/refund-step.ts";
import { decideRefund, type MoneyLeft, type RefundAmounts, type RefundTerms } from "./decide-refund.ts";
import { findRefund, findRefundByKey } from "./find-refund.ts";
import { keepOffSale } from "./keep-off-sale.ts";
import { openRefunds, type RefundParts } from "./open-refunds.ts";
import { lockTickets, readPaidSeats, type TicketedSeat } from "./paid-seats.ts";
import type { Refund, RefundReason } from "./refund.ts";
import { voidSeats } from "./void-seats.ts";

export type RefundWish = {
  readonly bookingId: BookingId;
  /** Nothing for all that are left. */
  readonly positions: readonly number[] | null;
  readonly to: "provider" | "wallet";
  readonly key: string;
  readonly requestedBy: BuyerId | null;
  readonly reason: Extract<RefundReason, "buyer" | "organiser">;
};

export type RefundRefusal = {
  readonly outcome:
    | "not_found"
    /** It was never paid, or all of it was given back. */
    | "booking_not_refundable"
    | "refund_not_allowed"
    | "seats_not_booked"
    | "ticket_used";
};

export type Prepared = {
  readonly outcome: "prepared";
  readonly booking: Booking;
  readonly seats: readonly TicketedSeat[];
  readonly amounts: RefundAmounts;
  readonly paymentId: PaymentId;
};

export type Considered = { readonly booking: Booking; readonly seats: readonly TicketedSeat[] };

/** By which the seats are given back; or why not. */
export type RefundRule = (
  considered: Considered,
) => Promise<RefundTerms | RefundRefusal> | RefundTerms | RefundRefusal;

export type RefundOutcome =
  | {
      readonly outcome: "refunded";
      readonly refund: Refund;
      readonly booking: Booking;
      readonly fresh: boolean;
    }
  | RefundRefusal
  | { readonly outcome: "idempotency_key_reused" };

/**
 * In the caller's transaction. The payments are locked first, then the booking, as settling does it, then the tickets: what
 * happens to one booking at the same time happens one after the other. Not their keys: who writes a row that points to
 * them must not wait, or two wait for each other.
 */
export async function refundTickets(
  parts: RefundParts & { readonly clock: Clock },
  sql: Sql,
  wish: RefundWish,
  rule: RefundRule,
): Promise<RefundOutcome> {
  await sql.query("select from payments where booking_id = $1 order by id for no key update", [
    wish.bookingId,
  ]);
  await sql.query("select from bookings where id = $1 for no key update", [wish.bookingId]);
  const known = await findRefundByKey(sql, wish.key);
  if (known !== undefined)
    return isOther(wish, known) ? { outcome: "idempotency_key_reused" } : answerOf(sql, known, false);
  await lockTickets(sql, [wish.bookingId]);
  const prepared = await prepareRefund(sql, wish, rule);
  if (prepared.outcome !== "prepared") return prepared;
  const id = await giveBack(parts, sql, wish, prepared);
  return answerOf(sql, await findRefund(sql, id), true);
}

/** Of "all that are left" nobody knows any more which they were. */
function isOther({ positions, to }: RefundWish, known: Refund): boolean {
  if (to === "wallet" && known.amountMinor > 0n) return true;
  if (positions === null) return false;
  const [wanted, given] = [new Set(positions), new Set(known.positions)];
  return wanted.size !== given.size || [...wanted].some((position) => !given.has(position));
}

/** What would be given back, without a lock; it may be something else a moment later. */
export async function prepareRefund(
  sql: Sql,
  { bookingId, positions, to }: Pick<RefundWish, "bookingId" | "positions" | "to">,
  rule: RefundRule,
): Promise<Prepared | RefundRefusal> {
  const booking = (await findBooking(sql, bookingId))?.booking;
  if (booking === undefined) return { outcome: "not_found" };
  const left = await readPaidSeats(sql, bookingId);
  const seats = positions === null ? left : left.filter(({ position }) => positions.includes(position));
  const allowed = await rule({ booking, seats });
  if ("outcome" in allowed) return allowed;
  // All of it goes back by itself, whatever anybody asks for.
  if (await isCancelled(sql, booking.eventId)) return { outcome: "booking_not_refundable" };
  const payment = await findMoney(sql, bookingId);
  if (payment === undefined || left.length === 0) return { outcome: "booking_not_refundable" };
  if (positions !== null && seats.length < new Set(positions).size) return { outcome: "seats_not_booked" };
  const amounts = decideRefund(seats, allowed, payment.left, to);
  if (amounts.amountMinor + amounts.walletMinor === 0n) return { outcome: "refund_not_allowed" };
  return { outcome: "prepared", booking, seats, amounts, paymentId: payment.id };
}

async function isCancelled(sql: Sql, eventId: EventId): Promise<boolean> {
  const found = await sql.query("select from events where id = $1 and status = 'cancelled'", [eventId]);
  return found.rowCount === 1;
}

async function giveBack(
  parts: RefundParts & { readonly clock: Clock },
  sql: Sql,
  { reason, key, requestedBy }: RefundWish,
  { booking, seats, amounts, paymentId }: Prepared,
): Promise<RefundId> {
  const { id: bookingId, eventId, buyerId, total } = booking;
  const { amountMinor, walletMinor } = amounts;
  const positions = seats.map(({ position }) => position);
  await voidSeats(sql, booking, positions, parts.clock.now());
  await keepOffSale(sql, eventId, seats);
  const of = { paymentId, bookingId, buyerId, positions, reason, key, requestedBy };
  const money = { amountMinor, walletMinor, currency: total.currency, source: { eventId, ...amounts } };
  const [opened] = await openRefunds(parts, sql, [{ ...of, ...money }]);
  if (opened === undefined) throw new Error(`the refund "${key}" could not be opened`);
  await parts.jobs.insert(sql, "apply-holds", [{ data: { bookingIds: [bookingId] } }]);
  return opened.id;
}

async function answerOf(sql: Sql, refund: Refund | undefined, fresh: boolean): Promise<RefundOutcome> {
  const bookingId = refund?.bookingId ?? null;
  const booking = bookingId === null ? undefined : (await findBooking(sql, bookingId))?.booking;
  if (refund === undefined || booking === undefined) throw new Error("a refund was there and is gone");
  return { outcome: "refunded", refund, booking, fresh };
}

type Money = { readonly id: PaymentId; readonly left: MoneyLeft };

type MoneyRow = {
  id: PaymentId;
  providerName: Payment["provider"];
  currency: Currency;
  provider: bigint;
  all: bigint;
};

/** Of the payment that bought the tickets. Money that went from the provider's part into the wallet is gone from the former. */
async function findMoney(sql: Sql, bookingId: BookingId): Promise<Money | undefined> {
  const found = await sql.query<MoneyRow>(
    `select id, p.provider as "providerName", currency, coalesce(received_minor, 0) - refunded_minor as provider,
            coalesce(received_minor, 0) + case wallet_state when 'taken' then wallet_minor else 0 end
              - refunded_minor - wallet_refunded_minor as all
       from payments p where booking_id = $1 and status = 'succeeded' and problem is null`,
    [bookingId],
  );
  const [row] = found.rows;
  if (row === undefined) return undefined;
  const providerMinor = row.provider < row.all ? row.provider : row.all;
  const stepMinor = refundStep(row.providerName, row.currency);
  return { id: row.id, left: { providerMinor, walletMinor: row.all - providerMinor, stepMinor } };
}
