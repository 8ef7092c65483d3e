import type { Clock } from "../../foundation/clock.ts";
import type { BookingId, BuyerId, PaymentId } from "../../foundation/ids.ts";
import type { Language } from "../../foundation/language.ts";
import { limits } from "../../foundation/limits.ts";
import type { Money } from "../../foundation/money.ts";
import { inTransaction, type Pool, type Sql } from "../../foundation/postgres/pool.ts";
import type { RefundParts } from "../refunds/open-refunds.ts";
import { holdWallet, lockWallet } from "../wallet/hold-wallet.ts";
import { findPayment } from "./find-payment.ts";
import { type PaidBooking, payBooking } from "./pay-booking.ts";
import type { Payment, PaymentProviders } from "./payment.ts";

export type PayRequest = {
  readonly buyerId: BuyerId;
  readonly bookingId: BookingId;
  readonly idempotencyKey: string;
  readonly language: Language;
  /** What the wallet pays: all that it has of the price, or this much; without, nothing. */
  readonly wallet?: "all" | bigint;
  readonly otherSeats?: boolean;
};

export type BeginParts = RefundParts & {
  readonly pool: Pool;
  readonly providers: PaymentProviders;
  readonly clock: Clock;
};

export type BeginOutcome =
  | {
      readonly outcome: "begun";
      readonly payment: Payment;
      readonly fresh: boolean;
      /** Where the wallet has paid it all. */
      readonly changed?: PaidBooking;
    }
  | { readonly outcome: "booking_not_payable" | "too_many_payments" }
  | { readonly outcome: "wallet_insufficient"; readonly available: Money };

type Price = { readonly buyerId: BuyerId; readonly total: Money };

/**
 * The payment's row, with what it takes from the wallet, in one transaction; where the wallet pays all, the booking is
 * paid in it too. The booking's row is locked first: no seat is given back meanwhile, and the same request, sent twice at
 * once, finds what the first has done.
 */
export function beginPayment(parts: BeginParts, id: PaymentId, request: PayRequest): Promise<BeginOutcome> {
  return inTransaction(parts.pool, async (sql) => {
    const price = await lockPayable(sql, request.bookingId, parts.clock.now());
    const known = await findPayment(sql, id);
    if (known !== undefined) return { outcome: "begun", payment: known, fresh: false };
    if (price === undefined) return { outcome: "booking_not_payable" };
    if (await hasTooMany(sql, request.bookingId)) return { outcome: "too_many_payments" };
    const part = await walletPart(sql, price, request.wallet);
    if ("available" in part) return { outcome: "wallet_insufficient", ...part };
    return insert(parts, sql, { id, request, price, walletMinor: part.walletMinor });
  });
}

async function lockPayable(sql: Sql, bookingId: BookingId, nowMs: number): Promise<Price | undefined> {
  const locked = await sql.query<{
    buyer_id: BuyerId;
    total_minor: bigint;
    currency: string;
    payable: boolean;
  }>(
    `select buyer_id, total_minor, currency, status = 'pending_payment' and deadline > $2
              and exists (select from events e where e.id = b.event_id and e.status <> 'cancelled') as payable
       from bookings b where id = $1 for no key update`,
    [bookingId, new Date(nowMs)],
  );
  const [row] = locked.rows;
  if (row === undefined || !row.payable) return undefined;
  return { buyerId: row.buyer_id, total: { amountMinor: row.total_minor, currency: row.currency } };
}

/** Each is a call of the provider: a buyer who starts one after the other would make us flood it. */
async function hasTooMany(sql: Sql, bookingId: BookingId): Promise<boolean> {
  const found = await sql.query("select from payments where booking_id = $1", [bookingId]);
  return (found.rowCount ?? 0) >= limits.payment.ofBooking;
}

type WalletShare = { readonly walletMinor: bigint } | { readonly available: Money };

/** Never more than the booking costs. */
async function walletPart(
  sql: Sql,
  { buyerId, total }: Price,
  wanted: PayRequest["wallet"],
): Promise<WalletShare> {
  if (wanted === undefined || wanted === 0n) return { walletMinor: 0n };
  const available = await lockWallet(sql, buyerId, total.currency);
  const most = wanted === "all" || wanted > total.amountMinor ? total.amountMinor : wanted;
  if (available >= most) return { walletMinor: most };
  if (wanted === "all") return { walletMinor: available };
  return { available: { amountMinor: available, currency: total.currency } };
}

type NewPayment = {
  readonly id: PaymentId;
  readonly request: PayRequest;
  readonly price: Price;
  readonly walletMinor: bigint;
};

async function insert(parts: BeginParts, sql: Sql, fresh: NewPayment): Promise<BeginOutcome> {
  const { id, walletMinor, price, request } = fresh;
  await insertRow(parts, sql, fresh);
  const { buyerId, total } = price;
  const { bookingId } = request;
  if (walletMinor > 0n)
    await holdWallet(parts, sql, { id, bookingId, buyerId, walletMinor, currency: total.currency });
  const changed = walletMinor === total.amountMinor ? await payNow(parts, sql, id) : undefined;
  const payment = await findPayment(sql, id);
  if (payment === undefined) throw new Error(`payment ${id} was just made and is gone`);
  return { outcome: "begun", payment, fresh: true, ...(changed === undefined ? {} : { changed }) };
}

async function insertRow(
  { providers }: BeginParts,
  sql: Sql,
  { id, request, price: { buyerId, total }, walletMinor }: NewPayment,
): Promise<void> {
  const amountMinor = total.amountMinor - walletMinor;
  await sql.query(
    `insert into payments (id, booking_id, buyer_id, provider, status, amount_minor, currency, language, other_seats,
                           wallet_minor, wallet_state)
     values ($1, $2, $3, $4, 'created', $5, $6, $7, $8, $9, $10)`,
    [
      ...[id, request.bookingId, buyerId, amountMinor === 0n ? "wallet" : providers.current.name],
      ...[amountMinor, total.currency, request.language, request.otherSeats ?? false],
      ...[walletMinor, walletMinor === 0n ? "none" : "held"],
    ],
  );
}

async function payNow(parts: BeginParts, sql: Sql, id: PaymentId): Promise<PaidBooking> {
  const payment = await findPayment(sql, id);
  if (payment === undefined) throw new Error(`payment ${id} was just made and is gone`);
  const paid = await payBooking(parts, sql, payment, null);
  if (paid.outcome !== "paid") throw new Error(`the booking of payment ${id} is locked and ${paid.outcome}`);
  return paid.booking;
}
