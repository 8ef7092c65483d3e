import { type BookingId, type BuyerId, type EventId, isUuid, type PaymentId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { Payment } from "./payment.ts";

type PaymentRow = {
  id: PaymentId;
  booking_id: BookingId | null;
  buyer_id: BuyerId;
  purpose: Payment["purpose"];
  provider: Payment["provider"];
  provider_payment_id: string | null;
  status: Payment["status"];
  amount_minor: bigint;
  currency: string;
  wallet_minor: bigint;
  wallet_state: Payment["walletState"];
  other_seats: boolean;
  language: Payment["language"];
  received_minor: bigint | null;
  received_currency: string | null;
  refunded_minor: bigint;
  wallet_refunded_minor: bigint;
  problem: string | null;
  pay_url: string | null;
};

/** By their names: what was prepared with all columns fails when a migration adds one. */
const columns = `id, booking_id, buyer_id, purpose, provider, provider_payment_id, status, amount_minor, currency,
  wallet_minor, wallet_state, other_seats, language, received_minor, received_currency, refunded_minor,
  wallet_refunded_minor, problem, pay_url`;

const locked = `select ${columns} from payments where id = any($1::uuid[]) order by id for no key update`;

export async function findPayment(sql: Sql, id: PaymentId): Promise<Payment | undefined> {
  const found = await sql.query<PaymentRow>(`select ${columns} from payments where id = $1`, [id]);
  return found.rows.map(toPayment)[0];
}

/** What a payment is for, by which people find it. */
export type PaymentSubject = {
  readonly paymentId: PaymentId;
  readonly bookingId: BookingId | null;
  readonly eventId: EventId | null;
};

/** Of a payment that the provider names, if it is one of ours. */
export async function findSubject(
  sql: Sql,
  provider: Payment["provider"],
  paymentId: string | undefined,
): Promise<PaymentSubject | undefined> {
  if (!isUuid(paymentId ?? "")) return undefined;
  const found = await sql.query<PaymentSubject>(
    `select p.id as "paymentId", p.booking_id as "bookingId", b.event_id as "eventId"
       from payments p left join bookings b on b.id = p.booking_id where p.id = $1 and p.provider = $2`,
    [paymentId, provider],
  );
  return found.rows[0];
}

/** The oldest first. */
export async function paymentsOf(sql: Sql, bookingId: BookingId): Promise<Payment[]> {
  const found = await sql.query<PaymentRow>(
    `select ${columns} from payments where booking_id = $1 order by created_at, id`,
    [bookingId],
  );
  return found.rows.map(toPayment);
}

/**
 * Locks the payments in the order of their ids: what several messages say of one is settled one after the other. Not their
 * keys, so that rows that point to them can be written meanwhile.
 */
export async function lockPayments(
  sql: Sql,
  ids: readonly PaymentId[],
): Promise<ReadonlyMap<PaymentId, Payment>> {
  const found = await sql.query<PaymentRow>({ name: "lock-payments", text: locked, values: [ids] });
  return new Map(found.rows.map((row) => [row.id, toPayment(row)]));
}

function toPayment(row: PaymentRow): Payment {
  return {
    id: row.id,
    bookingId: row.booking_id,
    buyerId: row.buyer_id,
    purpose: row.purpose,
    provider: row.provider,
    providerPaymentId: row.provider_payment_id,
    status: row.status,
    amount: { amountMinor: row.amount_minor, currency: row.currency },
    walletMinor: row.wallet_minor,
    walletState: row.wallet_state,
    otherSeats: row.other_seats,
    language: row.language,
    received:
      row.received_minor === null || row.received_currency === null
        ? null
        : { amountMinor: row.received_minor, currency: row.received_currency },
    refundedMinor: row.refunded_minor,
    walletRefundedMinor: row.wallet_refunded_minor,
    problem: row.problem,
    payUrl: row.pay_url,
  };
}
