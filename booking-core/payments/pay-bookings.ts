import type { PaymentId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { markPaid, type PaidBooking, type Worth } from "../bookings/transitions.ts";
import { type NewTransfer, recordTransfers } from "../ledger/record-transfers.ts";
import { queueEmails } from "../notifications/queue-email.ts";
import { type SeatSplit, splitOfSeats } from "../prices/split-of-seats.ts";
import type { RefundParts } from "../refunds/open-refunds.ts";
import { issueTickets } from "../tickets/issue-tickets.ts";
import { returnWalletsLater } from "../wallet/ended-bookings.ts";
import type { Payment } from "./payment.ts";

/** Nothing is known of a provider where the wallet pays all. */
export type Paying = { readonly payment: Payment; readonly providerPaymentId: string | null };

type Paid = Paying & { readonly booking: PaidBooking };

/**
 * The money of payments, which the caller has locked, buys what it is for: books, tickets, and the jobs that follow, each
 * in one statement whatever their number. Gives the bookings that are paid now; what is not the plain case is left as it
 * was. Of one booking there is one payment.
 */
export async function payBookings(
  parts: RefundParts,
  sql: Sql,
  payings: readonly Paying[],
): Promise<ReadonlyMap<PaymentId, PaidBooking>> {
  if (payings.length === 0) return new Map();
  const marked = await markPaid(sql, payings.map(worthOf));
  const bookings = new Map(marked.map((booking) => [booking.id, booking]));
  const paid = payings.flatMap((paying): Paid[] => {
    const booking = paying.payment.bookingId === null ? undefined : bookings.get(paying.payment.bookingId);
    return booking === undefined ? [] : [{ ...paying, booking }];
  });
  if (paid.length !== marked.length) throw new Error("two payments of one group are for one booking");
  if (paid.length > 0) await followPayments(parts, sql, paid);
  return new Map(paid.map(({ payment, booking }) => [payment.id, booking]));
}

/** What went back to the wallet pays nothing any more. */
export function worthOf({ payment: { id, bookingId, amount, walletMinor, walletState } }: Paying): Worth {
  if (bookingId === null) throw new Error(`payment ${id} is for no booking`);
  return { bookingId, amountMinor: amount.amountMinor + (walletState === "held" ? walletMinor : 0n) };
}

/** What comes with bookings that this transaction has made paid. */
export async function followPayments(parts: RefundParts, sql: Sql, paid: readonly Paid[]): Promise<void> {
  const bookingIds = paid.map(({ booking }) => booking.id);
  await markSucceeded(sql, paid);
  const splits = await splitOfSeats(
    sql,
    bookingIds.map((bookingId) => ({ bookingId })),
  );
  await recordTransfers(
    sql,
    parts.ids,
    paid.map((one) => saleOf(one, splits.get(one.booking.id))),
  );
  await issueTickets(sql, bookingIds);
  await queueEmails(
    parts,
    sql,
    paid.map(({ booking: { id: bookingId }, payment: { language } }) => ({
      ...{ bookingId, template: "tickets", fact: "tickets", language },
    })),
  );
  await parts.jobs.insert(sql, "apply-holds", [{ data: { bookingIds } }]);
  await returnWalletsLater(
    parts.jobs,
    sql,
    paid.map(({ booking }) => booking),
  );
}

async function markSucceeded(sql: Sql, paid: readonly Paid[]): Promise<void> {
  await sql.query({
    name: "mark-succeeded",
    text: `update payments p
        set status = 'succeeded', problem = null, settled_at = now(), received_minor = nullif(p.amount_minor, 0),
            received_currency = case when p.amount_minor > 0 then p.currency end,
            wallet_state = case p.wallet_state when 'held' then 'taken' else p.wallet_state end,
            provider_payment_id = coalesce(p.provider_payment_id, s.provider_payment_id)
       from unnest($1::uuid[], $2::text[]) as s (id, provider_payment_id) where p.id = s.id`,
    values: [paid.map(({ payment }) => payment.id), paid.map(({ providerPaymentId }) => providerPaymentId)],
  });
}

function saleOf({ payment, booking }: Paid, split: SeatSplit | undefined): NewTransfer {
  const { id, provider, amount, walletMinor, walletState } = payment;
  if (split === undefined) throw new Error(`booking ${booking.id} has no seats`);
  const { netMinor, feeMinor, taxMinor } = split;
  const { id: bookingId, eventId } = booking;
  const fact = { key: `payment ${id}`, kind: "payment", currency: amount.currency, bookingId } as const;
  return {
    ...{ ...fact, paymentId: id },
    entries: [
      { account: { kind: "provider_clearing", party: provider }, amountMinor: amount.amountMinor },
      {
        account: { kind: "wallet_held", party: id },
        amountMinor: walletState === "held" ? walletMinor : 0n,
      },
      { account: { kind: "organiser_payable", party: eventId }, amountMinor: -netMinor },
      { account: { kind: "house_fees", party: eventId }, amountMinor: -feeMinor },
      { account: { kind: "taxes_payable", party: eventId }, amountMinor: -taxMinor },
    ],
  };
}
