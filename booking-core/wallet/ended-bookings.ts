import type { BookingId, IdSource, PaymentId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import { inTransaction, type Pool, type Sql } from "../../foundation/postgres/pool.ts";
import { lockPayments } from "../payments/find-payment.ts";
import { returnWallet } from "./return-wallet.ts";

/**
 * With what nobody needs to pay any more, in its transaction: a job gives back what wallets have put aside for it, also
 * for other payments of a booking that is paid. Not at once: settling locks a payment before its booking, and here it
 * would be the other way round.
 */
export async function returnWalletsLater(
  jobs: Jobs,
  sql: Sql,
  ended: readonly { readonly id: BookingId }[],
): Promise<void> {
  const held = await sql.query<{ id: BookingId }>({
    name: "wallets-held",
    text: "select distinct booking_id as id from payments where booking_id = any($1::uuid[]) and wallet_state = 'held'",
    values: [ended.map(({ id }) => id)],
  });
  if (held.rows.length === 0) return;
  await jobs.insert(sql, "return-wallets", [{ data: { bookingIds: held.rows.map(({ id }) => id) } }]);
}

/** May be repeated; a payment whose booking waits to be paid keeps what it holds. What comes for another takes it again. */
export async function returnWallets(
  parts: { readonly pool: Pool; readonly ids: IdSource },
  { bookingIds }: { bookingIds: readonly BookingId[] },
): Promise<void> {
  await inTransaction(parts.pool, async (sql) => {
    const held = await sql.query<{ id: PaymentId }>(
      "select id from payments where booking_id = any($1::uuid[]) and wallet_state = 'held'",
      [bookingIds],
    );
    await lockPayments(
      sql,
      held.rows.map(({ id }) => id),
    );
    const ended = await sql.query<{ id: PaymentId }>(
      `select p.id from payments p join bookings b on b.id = p.booking_id
        where p.id = any($1::uuid[]) and b.status not in ('processing', 'pending_payment')`,
      [held.rows.map(({ id }) => id)],
    );
    await returnWallet(parts, sql, ended.rows);
  });
}
