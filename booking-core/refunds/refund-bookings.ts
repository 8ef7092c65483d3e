import type { Clock } from "../../foundation/clock.ts";
import type { Currency } from "../../foundation/currencies.ts";
import type { BookingId, BuyerId, EventId, PaymentId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { discountSeats } from "../bookings/identity-seats.ts";
import { changeStandingStock, type FreedSeat, standingOf } from "../bookings/transitions.ts";
import { queueEmails } from "../notifications/queue-email.ts";
import type { Payment } from "../payments/payment.ts";
import { refundStep } from "../payments/refund-step.ts";
import { allBack, decideRefund, type PaidSeat } from "./decide-refund.ts";
import { type NewRefund, type OpenedRefund, openRefunds, type RefundParts } from "./open-refunds.ts";
import { lockTickets } from "./paid-seats.ts";

export type RefundableBooking = {
  readonly id: BookingId;
  readonly eventId: EventId;
  readonly buyerId: BuyerId;
  readonly identity: string;
  readonly currency: Currency;
  readonly paymentId: PaymentId;
  readonly provider: Payment["provider"];
  readonly providerMinor: bigint;
  readonly allMinor: bigint;
  /** json: amounts are texts there. */
  readonly seats: readonly { position: number; netMinor: string; feeMinor: string; taxMinor: string }[];
};

/**
 * paid or partly_refunded → refunded, for many bookings at once: all that is left of each goes back, whatever the policy
 * says. In the caller's transaction. Gives those that really were refunded here; others have ended meanwhile.
 */
export async function refundBookings(
  parts: RefundParts & { readonly clock: Clock },
  sql: Sql,
  ids: readonly BookingId[],
): Promise<RefundableBooking[]> {
  if (ids.length === 0) return [];
  const bookings = await lockRefundable(sql, ids);
  if (bookings.length === 0) return [];
  const locked = bookings.map(({ id }) => id);
  await endAll(sql, bookings, parts.clock.now());
  await tellBuyers(parts, sql, locked, await openRefunds(parts, sql, bookings.map(refundOf)));
  await parts.jobs.insert(sql, "apply-holds", [{ data: { bookingIds: locked } }]);
  return bookings;
}

/** Each with what it gets back: the e-mail says how much. */
async function tellBuyers(
  parts: RefundParts,
  sql: Sql,
  bookingIds: readonly BookingId[],
  opened: readonly OpenedRefund[],
): Promise<void> {
  const refundOfBooking = new Map(opened.map(({ id, refund }) => [refund.bookingId, id]));
  const emails = bookingIds.map((bookingId) => {
    const refundId = refundOfBooking.get(bookingId);
    const email = { bookingId, template: "event_cancelled", fact: "event cancelled" } as const;
    return refundId === undefined ? email : { ...email, refundId };
  });
  await queueEmails(parts, sql, emails);
}

/** Payments first, then bookings, then tickets, each in the order of their ids: as settling and single refunds lock them. */
async function lockRefundable(sql: Sql, ids: readonly BookingId[]): Promise<RefundableBooking[]> {
  await sql.query("select from payments where booking_id = any($1::uuid[]) order by id for no key update", [
    ids,
  ]);
  await sql.query("select from bookings where id = any($1::uuid[]) order by id for no key update", [ids]);
  await lockTickets(sql, ids);
  const found = await sql.query<RefundableBooking>(
    `select b.id, b.event_id as "eventId", b.buyer_id as "buyerId", b.identity, b.currency, p.id as "paymentId", p.provider,
            coalesce(p.received_minor, 0) - p.refunded_minor as "providerMinor",
            coalesce(p.received_minor, 0) + case p.wallet_state when 'taken' then p.wallet_minor else 0 end
              - p.refunded_minor - p.wallet_refunded_minor as "allMinor",
            (select json_agg(json_build_object('position', s.position, 'feeMinor', o.fee_minor::text, 'taxMinor', o.tax_minor::text,
                             'netMinor', (s.price_minor - o.fee_minor - o.tax_minor)::text) order by s.position)
               from booking_seats s join offers o on o.id = s.offer_id where s.booking_id = b.id and s.live) as seats
       from bookings b join payments p on p.booking_id = b.id and p.status = 'succeeded' and p.problem is null
      where b.id = any($1::uuid[]) and b.status in ('paid', 'partly_refunded') order by b.id`,
    [ids],
  );
  return found.rows;
}

async function endAll(sql: Sql, bookings: readonly RefundableBooking[], nowMs: number): Promise<void> {
  const [ids, now] = [bookings.map(({ id }) => id), new Date(nowMs)];
  await sql.query(
    `update tickets set status = 'refunded', refunded_at = $2, used_at = null
      where booking_id = any($1::uuid[]) and status <> 'refunded'`,
    [ids, now],
  );
  const freed = await sql.query<FreedSeat>(
    `update booking_seats set live = false where booking_id = any($1::uuid[]) and live
     returning section_id as "sectionId", seat_number as "seatNumber"`,
    [ids],
  );
  await sql.query("update bookings set status = 'refunded', ended_at = $2 where id = any($1::uuid[])", [
    ids,
    now,
  ]);
  await discountSeats(
    sql,
    bookings.map(({ eventId, identity, seats }) => ({ eventId, identity, quantity: seats.length })),
  );
  await changeStandingStock(sql, standingOf(freed.rows), -1);
}

function refundOf(booking: RefundableBooking): NewRefund {
  const { id: bookingId, eventId, buyerId, currency, paymentId, provider, providerMinor, allMinor } = booking;
  const least = providerMinor < allMinor ? providerMinor : allMinor;
  const stepMinor = refundStep(provider, currency);
  const left = { providerMinor: least, walletMinor: allMinor - least, stepMinor };
  const seats = booking.seats.map(toSeat);
  const { amountMinor, walletMinor, ...source } = decideRefund(seats, allBack, left, "provider");
  return {
    ...{ paymentId, bookingId, buyerId, amountMinor, walletMinor, currency },
    ...{ reason: "event_cancelled", key: `event cancelled ${bookingId}`, requestedBy: null },
    positions: seats.map(({ position }) => position),
    source: { eventId, ...source },
  };
}

function toSeat({ position, netMinor, feeMinor, taxMinor }: RefundableBooking["seats"][number]): PaidSeat {
  return { position, netMinor: BigInt(netMinor), feeMinor: BigInt(feeMinor), taxMinor: BigInt(taxMinor) };
}
