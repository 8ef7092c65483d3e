import type { BookingId, EventId, PaymentId, RefundId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
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
import type { RefundReason } from "../refunds/refund.ts";

/** Money that was promised and is not back yet. */
export type OpenRefund = {
  readonly id: RefundId;
  readonly paymentId: PaymentId;
  readonly bookingId: BookingId | null;
  readonly reason: RefundReason;
  readonly status: "pending" | "parked";
  readonly amount: Money;
  readonly problem: string | null;
  readonly createdAtMs: number;
};

type RefundRow = {
  id: RefundId;
  payment_id: PaymentId;
  booking_id: BookingId | null;
  reason: RefundReason;
  status: "pending" | "parked";
  amount_minor: bigint;
  currency: string;
  problem: string | null;
  created_at: Date;
  created_at_us: bigint;
};

const listed = `
  select *, ${cursorColumn("created_at")}
    from refunds
   where status <> 'done' and status = $4 and ${behindCursor("created_at", "id", 1)}
   order by created_at desc, id desc limit $3`;

export type OpenRefundsRequest = PageRequest & { readonly status: OpenRefund["status"] };

export async function listOpenRefunds(sql: Sql, request: OpenRefundsRequest): Promise<Page<OpenRefund>> {
  const found = await sql.query<RefundRow>(listed, [...cursorValues(request), request.status]);
  return pageOf(found.rows, request.limit, (row) => ({
    id: row.id,
    paymentId: row.payment_id,
    bookingId: row.booking_id,
    reason: row.reason,
    status: row.status,
    amount: { amountMinor: row.amount_minor, currency: row.currency },
    problem: row.problem,
    createdAtMs: row.created_at.getTime(),
  }));
}

/** parked → pending as a new attempt, with the job that asks the provider again, in the caller's transaction. */
export async function retryRefund(
  jobs: Pick<Jobs, "insert">,
  sql: Sql,
  id: RefundId,
): Promise<{ readonly problem: string | null; readonly eventId: EventId | null } | undefined> {
  const retried = await sql.query<{ problem: string | null; eventId: EventId | null }>(
    `update refunds r set status = 'pending', problem = null, provider_refund_id = null,
            attempt = r.attempt + 1
       from (select r.id, r.problem, b.event_id from refunds r left join bookings b on b.id = r.booking_id
              where r.id = $1 and r.status = 'parked' for update of r) was
      where r.id = was.id returning was.problem, was.event_id as "eventId"`,
    [id],
  );
  const [row] = retried.rows;
  if (row !== undefined) await jobs.insert(sql, "refund-payment", [{ data: { refundId: id }, priority: 1 }]);
  return row;
}
