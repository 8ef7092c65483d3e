import type { BookingId, BuyerId, EventId, IdSource, PaymentId, RefundId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { type NewEntry, type NewTransfer, recordTransfers } from "../ledger/record-transfers.ts";
import { queueEmails } from "../notifications/queue-email.ts";
import type { RefundReason } from "./refund.ts";

/** Whose money it was until now: the parts sum to what is given back. */
export type RefundSource = {
  readonly eventId: EventId;
  readonly netMinor: bigint;
  readonly feeMinor: bigint;
  readonly taxMinor: bigint;
};

export type NewRefund = {
  readonly paymentId: PaymentId;
  readonly bookingId: BookingId | null;
  readonly buyerId: BuyerId;
  readonly reason: RefundReason;
  readonly positions: readonly number[] | null;
  /** Through the provider. */
  readonly amountMinor: bigint;
  readonly walletMinor: bigint;
  readonly currency: string;
  /** Nothing where the payment bought nothing: then the money is the buyer's already. */
  readonly source?: RefundSource;
  readonly key: string;
  readonly requestedBy: BuyerId | null;
};

export type RefundParts = { readonly jobs: Jobs; readonly ids: IdSource };

export type OpenedRefund = { readonly id: RefundId; readonly refund: NewRefund };

/**
 * Promises money back, in the caller's transaction, which has locked the payments. What was promised before under the
 * same key is left as it is; more than a payment has is refused by the database. The wallet's part is there at the commit,
 * the provider's part is a job's.
 */
export async function openRefunds(
  parts: RefundParts,
  sql: Sql,
  wanted: readonly NewRefund[],
): Promise<OpenedRefund[]> {
  if (wanted.length === 0) return [];
  const opened = await insertRefunds(parts, sql, wanted);
  await reserve(sql, opened);
  await recordTransfers(sql, parts.ids, opened.flatMap(promiseOf));
  const through = opened.filter(({ refund }) => refund.amountMinor > 0n);
  await parts.jobs.insert(
    sql,
    "refund-payment",
    through.map(({ id }) => ({ data: { refundId: id } })),
  );
  const done = opened.filter(({ refund }) => refund.amountMinor === 0n);
  await queueEmails(
    parts,
    sql,
    done.flatMap(({ id, refund }) => refundEmail(id, refund)),
  );
  return opened;
}

export function refundEmail(
  id: RefundId,
  { bookingId, reason }: { readonly bookingId: BookingId | null; readonly reason: RefundReason },
) {
  // Of an event that does not take place, one e-mail says all.
  if (bookingId === null || reason === "event_cancelled") return [];
  return [{ bookingId, template: "refund", fact: `refund ${id}`, refundId: id } as const];
}

async function insertRefunds(
  { ids }: RefundParts,
  sql: Sql,
  wanted: readonly NewRefund[],
): Promise<OpenedRefund[]> {
  const rows = wanted.map((refund): OpenedRefund => ({ id: ids.next<RefundId>(), refund }));
  const inserted = await sql.query<{ id: RefundId }>({
    name: "insert-refunds",
    text: `insert into refunds (id, payment_id, booking_id, reason, positions, amount_minor, wallet_minor, currency, status,
                          key, requested_by, done_at)
     select id, payment_id, booking_id, reason, positions::int[], amount_minor, wallet_minor, currency,
            case amount_minor when 0 then 'done' else 'pending' end, key, requested_by,
            case amount_minor when 0 then now() end
       from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[],
                   $9::text[], $10::uuid[])
         as r (id, payment_id, booking_id, reason, positions, amount_minor, wallet_minor, currency, key, requested_by)
     on conflict (key) do nothing returning id`,
    values: [
      rows.map(({ id }) => id),
      rows.map(({ refund }) => refund.paymentId),
      rows.map(({ refund }) => refund.bookingId),
      rows.map(({ refund }) => refund.reason),
      rows.map(({ refund }) => (refund.positions === null ? null : `{${refund.positions.join()}}`)),
      rows.map(({ refund }) => refund.amountMinor),
      rows.map(({ refund }) => refund.walletMinor),
      rows.map(({ refund }) => refund.currency),
      rows.map(({ refund }) => refund.key),
      rows.map(({ refund }) => refund.requestedBy),
    ],
  });
  const fresh = new Set(inserted.rows.map(({ id }) => id));
  return rows.filter(({ id }) => fresh.has(id));
}

/** The payment's own check refuses more than has come. */
async function reserve(sql: Sql, opened: readonly OpenedRefund[]): Promise<void> {
  await sql.query({
    name: "reserve-refunds",
    text: `update payments p
        set refunded_minor = p.refunded_minor + r.amount, wallet_refunded_minor = p.wallet_refunded_minor + r.wallet
       from (select id, sum(amount)::bigint as amount, sum(wallet)::bigint as wallet
               from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as given (id, amount, wallet) group by id) r
      where p.id = r.id`,
    values: [
      opened.map(({ refund }) => refund.paymentId),
      opened.map(({ refund }) => refund.amountMinor),
      opened.map(({ refund }) => refund.walletMinor),
    ],
  });
}

function promiseOf({ id, refund }: OpenedRefund): NewTransfer[] {
  const { source, amountMinor, walletMinor, currency, bookingId, paymentId, buyerId } = refund;
  if (source === undefined) return [];
  const { eventId, netMinor, feeMinor, taxMinor } = source;
  const entries: NewEntry[] = [
    { account: { kind: "organiser_payable", party: eventId }, amountMinor: netMinor },
    { account: { kind: "house_fees", party: eventId }, amountMinor: feeMinor },
    { account: { kind: "taxes_payable", party: eventId }, amountMinor: taxMinor },
    { account: { kind: "buyer_refunds", party: bookingId ?? paymentId }, amountMinor: -amountMinor },
    { account: { kind: "buyer_wallet", party: buyerId }, amountMinor: -walletMinor },
  ];
  const key = `refund promised ${id}`;
  return [{ key, kind: "refund_promised", currency, bookingId, paymentId, refundId: id, entries }];
}
