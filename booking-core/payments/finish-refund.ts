import type { IdSource } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { recordTransfer } from "../ledger/record-transfer.ts";
import { queueEmail } from "../notifications/queue-email.ts";
import type { Payment } from "./payment.ts";

/** refunding → refunded, for a payment whose row the caller has locked. In any other state nothing happens. */
export async function finishRefund(
  parts: { jobs: Jobs; ids: IdSource },
  sql: Sql,
  payment: Payment,
): Promise<void> {
  if (payment.status !== "refunding") return;
  await sql.query("update payments set status = 'refunded' where id = $1", [payment.id]);
  await recordTransfer(sql, parts.ids, {
    key: `refund ${payment.id}`,
    kind: "refund",
    bookingId: payment.bookingId,
    paymentId: payment.id,
    from: { kind: "provider_clearing", party: payment.provider },
    to: { kind: "buyer_refunds", party: payment.bookingId },
    amount: payment.amount,
  });
  const { id, bookingId } = payment;
  await queueEmail(parts, sql, { bookingId, template: "refund", fact: `refund ${id}` });
}
