import type { BookingId, BuyerId, PaymentId } from "../../foundation/ids.ts";
import type { Money } from "../../foundation/money.ts";
import {
  behindCursor,
  cursorColumn,
  cursorValues,
  type Page,
  type PageRequest,
  pageOf,
} from "../../foundation/pages.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { ProviderName } from "../payments/payment.ts";

/** Money that has come and bought nothing, and of which nobody has said yet that it goes back. */
export type ParkedPayment = {
  readonly id: PaymentId;
  readonly bookingId: BookingId | null;
  readonly buyerId: BuyerId;
  readonly provider: ProviderName;
  readonly providerPaymentId: string | null;
  readonly asked: Money;
  readonly received: Money;
  readonly problem: string | null;
  readonly parkedAtMs: number;
};

/** However its message was replayed: what counts is that the money is here. */
export const waitsForPeople = "status = 'parked' and refunded_minor = 0";

type PaymentRow = {
  id: PaymentId;
  booking_id: BookingId | null;
  buyer_id: BuyerId;
  provider: ProviderName;
  provider_payment_id: string | null;
  amount_minor: bigint;
  currency: string;
  received_minor: bigint;
  received_currency: string;
  problem: string | null;
  settled_at: Date;
  created_at_us: bigint;
};

const listed = `
  select *, ${cursorColumn("settled_at")}
    from payments
   where ${waitsForPeople} and ${behindCursor("settled_at", "id", 1)}
   order by settled_at desc, id desc limit $3`;

export async function listParkedPayments(sql: Sql, request: PageRequest): Promise<Page<ParkedPayment>> {
  const found = await sql.query<PaymentRow>(listed, cursorValues(request));
  return pageOf(found.rows, request.limit, (row) => ({
    id: row.id,
    bookingId: row.booking_id,
    buyerId: row.buyer_id,
    provider: row.provider,
    providerPaymentId: row.provider_payment_id,
    asked: { amountMinor: row.amount_minor, currency: row.currency },
    received: { amountMinor: row.received_minor, currency: row.received_currency },
    problem: row.problem,
    parkedAtMs: row.settled_at.getTime(),
  }));
}
