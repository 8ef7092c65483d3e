import type { IdSource, PaymentId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { recordTransfers } from "../ledger/record-transfers.ts";
import type { Payment } from "../payments/payment.ts";
import { holdWallet, lockWallet, transferOf, type WalletPart } from "./hold-wallet.ts";

type Parts = { readonly ids: IdSource };

/**
 * held → returned, in the caller's transaction, which has the payments locked: what was put aside for them is in the
 * wallets again. Those that hold nothing are left as they are. Gives those that were returned here.
 */
export async function returnWallet(
  { ids }: Parts,
  sql: Sql,
  payments: readonly Pick<Payment, "id">[],
): Promise<ReadonlySet<PaymentId>> {
  const returned = await sql.query<WalletPart>({
    name: "return-wallets",
    text: `update payments set wallet_state = 'returned' where id = any($1::uuid[]) and wallet_state = 'held'
     returning id, booking_id as "bookingId", buyer_id as "buyerId", wallet_minor as "walletMinor", currency`,
    values: [payments.map(({ id }) => id)],
  });
  if (returned.rows.length === 0) return new Set();
  const before = await timesBefore(sql, "wallet_return", returned.rows);
  const transfers = returned.rows.map((part) =>
    transferOf("wallet_return", part, (before.get(part.id) ?? 0) + 1),
  );
  await recordTransfers(sql, ids, transfers);
  return new Set(returned.rows.map(({ id }) => id));
}

/**
 * returned → held, where the provider's part comes after the wallet's went back. False where the buyer has spent it
 * since. The caller has the payment locked; what is held or was never needed needs nothing.
 */
export async function takeWalletAgain(parts: Parts, sql: Sql, payment: Payment): Promise<boolean> {
  if (payment.walletState !== "returned") return true;
  // As who starts to pay it does: the booking's row before the wallet's.
  await sql.query("select from bookings where id = $1 for no key update", [payment.bookingId]);
  const { currency } = payment.amount;
  const part = { ...payment, currency };
  if ((await lockWallet(sql, payment.buyerId, currency)) < payment.walletMinor) return false;
  const before = await timesBefore(sql, "wallet_hold", [part]);
  await sql.query("update payments set wallet_state = 'held' where id = $1", [payment.id]);
  await holdWallet(parts, sql, part, (before.get(payment.id) ?? 0) + 1);
  return true;
}

async function timesBefore(
  sql: Sql,
  kind: "wallet_hold" | "wallet_return",
  payments: readonly Pick<Payment, "id">[],
): Promise<ReadonlyMap<PaymentId, number>> {
  const found = await sql.query<{ id: PaymentId; times: number }>(
    `select payment_id as id, count(*)::int as times from transfers
      where payment_id = any($1::uuid[]) and kind = $2 group by payment_id`,
    [payments.map(({ id }) => id), kind],
  );
  return new Map(found.rows.map(({ id, times }) => [id, times]));
}
