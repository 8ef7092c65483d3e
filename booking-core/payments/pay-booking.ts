import type { BookingId, BuyerId, EventId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { BookingStatus } from "../bookings/booking.ts";
import { markPaid } from "../bookings/transitions.ts";
import { house } from "../ledger/accounts.ts";
import { recordTransfers } from "../ledger/record-transfers.ts";
import { queueEmails } from "../notifications/queue-email.ts";
import { splitOfBooking } from "../prices/split-of-booking.ts";
import type { RefundParts } from "../refunds/open-refunds.ts";
import { issueTickets } from "../tickets/issue-tickets.ts";
import type { Payment } from "./payment.ts";

export type PaidBooking = {
  readonly id: BookingId;
  readonly eventId: EventId;
  readonly buyerId: BuyerId;
  readonly status: BookingStatus;
};

export type PayBookingOutcome =
  | { readonly outcome: "paid"; readonly booking: PaidBooking }
  | { readonly outcome: "too_late" | "paid_twice" };

/** The money of a payment, which the caller has locked, buys what it is for: books, tickets, and the jobs that follow. */
export async function payBooking(
  parts: RefundParts,
  sql: Sql,
  payment: Payment,
  providerPaymentId: string,
): Promise<PayBookingOutcome> {
  const { id, bookingId, amount, walletMinor } = payment;
  if (bookingId === null) throw new Error(`payment ${id} is for no booking`);
  if (!(await markPaid(sql, bookingId, amount.amountMinor + walletMinor)))
    return { outcome: (await isPaid(sql, bookingId)) ? "paid_twice" : "too_late" };
  await sql.query(
    `update payments set status = 'succeeded', settled_at = now(), received_minor = amount_minor,
            received_currency = currency, provider_payment_id = coalesce(provider_payment_id, $2) where id = $1`,
    [id, providerPaymentId],
  );
  const booking = await readBooking(sql, bookingId);
  await recordSale(parts, sql, payment, booking.eventId);
  await issueTickets(sql, parts.ids, bookingId);
  await queueEmails(parts, sql, [{ bookingId, template: "tickets", fact: "tickets" }]);
  await parts.jobs.insert(sql, "apply-holds", [{ data: { bookingIds: [bookingId] } }]);
  return { outcome: "paid", booking };
}

async function recordSale(parts: RefundParts, sql: Sql, payment: Payment, eventId: EventId): Promise<void> {
  const { id, bookingId, provider, amount, walletMinor } = payment;
  const { netMinor, feeMinor, taxMinor } = await splitOfBooking(sql, bookingId as BookingId);
  await recordTransfers(sql, parts.ids, [
    {
      ...{ key: `payment ${id}`, kind: "payment", currency: amount.currency, bookingId, paymentId: id },
      entries: [
        { account: { kind: "provider_clearing", party: provider }, amountMinor: amount.amountMinor },
        { account: { kind: "wallet_held", party: id }, amountMinor: walletMinor },
        { account: { kind: "organiser_payable", party: eventId }, amountMinor: -netMinor },
        { account: { kind: "house_fees", party: house }, amountMinor: -feeMinor },
        { account: { kind: "taxes_payable", party: eventId }, amountMinor: -taxMinor },
      ],
    },
  ]);
}

async function isPaid(sql: Sql, bookingId: BookingId): Promise<boolean> {
  const found = await sql.query(
    "select from bookings where id = $1 and status in ('paid', 'partly_refunded', 'refunded')",
    [bookingId],
  );
  return found.rowCount === 1;
}

async function readBooking(sql: Sql, bookingId: BookingId): Promise<PaidBooking> {
  const found = await sql.query<PaidBooking>(
    `select id, event_id as "eventId", buyer_id as "buyerId", status from bookings where id = $1`,
    [bookingId],
  );
  if (found.rows[0] === undefined) throw new Error(`there is no booking ${bookingId}`);
  return found.rows[0];
}
