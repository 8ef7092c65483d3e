import type { BookingId, IdSource, PaymentId } from "../../foundation/ids.ts";
import type { Money } from "../../foundation/money.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";

/**
 * Who owes or is owed. Amounts are signed: a provider that has collected for us owes us (plus), an organiser or
 * a buyer whom we must pay is owed (minus).
 */
export type LedgerAccount = {
  readonly kind: "provider_clearing" | "organiser_payable" | "buyer_refunds";
  /** The provider's name, the event's id, or the booking's id. */
  readonly party: string;
};

export type NewTransfer = {
  /** The fact that is recorded: the same key is recorded once. */
  readonly key: string;
  readonly kind: "payment" | "refund";
  readonly bookingId: BookingId;
  readonly paymentId: PaymentId;
  readonly from: LedgerAccount;
  readonly to: LedgerAccount;
  readonly amount: Money;
};

/** Two entries that sum to zero. False where the fact was recorded before: then nothing is written. */
export async function recordTransfer(sql: Sql, ids: IdSource, transfer: NewTransfer): Promise<boolean> {
  const id = ids.next<string>();
  const inserted = await sql.query(
    "insert into transfers (id, key, kind, booking_id, payment_id) values ($1, $2, $3, $4, $5) on conflict (key) do nothing",
    [id, transfer.key, transfer.kind, transfer.bookingId, transfer.paymentId],
  );
  if (inserted.rowCount === 0) return false;
  const { amountMinor, currency } = transfer.amount;
  const from = await accountId(sql, ids, transfer.from, currency);
  const to = await accountId(sql, ids, transfer.to, currency);
  await sql.query(
    `insert into entries (transfer_id, position, account_id, amount_minor, currency)
     values ($1, 0, $2, $4, $6), ($1, 1, $3, $5, $6)`,
    [id, from, to, -amountMinor, amountMinor, currency],
  );
  return true;
}

/** Read first: an account is made once and then only read, so that nobody waits for anybody's insert. */
async function accountId(
  sql: Sql,
  ids: IdSource,
  { kind, party }: LedgerAccount,
  currency: string,
): Promise<string> {
  const values = [kind, party, currency];
  const select = "select id from ledger_accounts where kind = $1 and party = $2 and currency = $3";
  const found = await sql.query<{ id: string }>(select, values);
  if (found.rows[0] !== undefined) return found.rows[0].id;
  await sql.query(
    "insert into ledger_accounts (kind, party, currency, id) values ($1, $2, $3, $4) on conflict do nothing",
    [...values, ids.next<string>()],
  );
  const made = await sql.query<{ id: string }>(select, values);
  if (made.rows[0] === undefined)
    throw new Error(`the ledger account ${kind} ${party} ${currency} could not be made`);
  return made.rows[0].id;
}
