import type { BookingId, IdSource, PaymentId, RefundId } from "../../foundation/ids.ts";
import { arrayOf } from "../../foundation/postgres/array-of.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { LedgerAccount } from "./accounts.ts";
import { findAccounts } from "./find-accounts.ts";

export type NewEntry = { readonly account: LedgerAccount; readonly amountMinor: bigint };

export type NewTransfer = {
  /** The fact that is recorded: the same key is recorded once. */
  readonly key: string;
  readonly kind: "payment" | "refund" | "refund_promised" | "top_up" | "wallet_hold" | "wallet_return";
  readonly currency: string;
  readonly bookingId?: BookingId | null;
  readonly paymentId?: PaymentId;
  readonly refundId?: RefundId;
  /** They sum to zero; those of nothing are left out. */
  readonly entries: readonly NewEntry[];
};

type Written = { readonly id: string; readonly transfer: NewTransfer };

/**
 * Any number of transfers, in one statement with their entries: the database takes no entry later. Gives the keys that
 * are new: a fact that was recorded before is left as it is. A wallet that would be overdrawn ends the transaction.
 */
export async function recordTransfers(
  sql: Sql,
  ids: IdSource,
  transfers: readonly NewTransfer[],
): Promise<ReadonlySet<string>> {
  if (transfers.length === 0) return new Set();
  for (const transfer of transfers) assertBalanced(transfer);
  const wanted = transfers.map((transfer): Written => ({ id: ids.next<string>(), transfer }));
  const entries = wanted.flatMap(entriesOf);
  const accountIds = await findAccounts(sql, ids, entries);
  const inserted = await sql.query<{ key: string }>({
    name: "record-transfers",
    text: insertText,
    values: [...transferColumns(wanted), ...entryColumns(entries, accountIds)],
  });
  return new Set(inserted.rows.map(({ key }) => key));
}

/** The database says so too; here it names the culprit. */
function assertBalanced({ key, entries }: NewTransfer): void {
  const sum = entries.reduce((total, { amountMinor }) => total + amountMinor, 0n);
  if (sum !== 0n) throw new Error(`the entries of the transfer "${key}" sum to ${sum}`);
}

const insertText = `
  with fresh as (
    insert into transfers (id, key, kind, booking_id, payment_id, refund_id)
    select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[])
    on conflict (key) do nothing returning id, key
  ), written as (
    insert into entries (transfer_id, position, account_id, amount_minor, currency)
    select e.* from unnest($7::uuid[], $8::int[], $9::uuid[], $10::bigint[], $11::text[])
      as e (transfer_id, position, account_id, amount_minor, currency)
     where e.transfer_id in (select id from fresh)
  )
  select key from fresh`;

type Entry = NewEntry & {
  readonly transferId: string;
  readonly position: number;
  readonly currency: string;
};

function entriesOf({ id, transfer: { currency, entries } }: Written): Entry[] {
  const written = entries.filter(({ amountMinor }) => amountMinor !== 0n);
  return written.map((entry, position) => ({ ...entry, transferId: id, position, currency }));
}

function transferColumns(wanted: readonly Written[]): unknown[] {
  return [
    arrayOf(wanted, ({ id }) => id),
    wanted.map(({ transfer }) => transfer.key),
    arrayOf(wanted, ({ transfer }) => transfer.kind),
    arrayOf(wanted, ({ transfer }) => transfer.bookingId ?? "NULL"),
    arrayOf(wanted, ({ transfer }) => transfer.paymentId ?? "NULL"),
    arrayOf(wanted, ({ transfer }) => transfer.refundId ?? "NULL"),
  ];
}

function entryColumns(entries: readonly Entry[], accountIds: readonly string[]): unknown[] {
  return [
    arrayOf(entries, ({ transferId }) => transferId),
    arrayOf(entries, ({ position }) => position),
    arrayOf(accountIds, (id) => id),
    arrayOf(entries, ({ amountMinor }) => amountMinor),
    arrayOf(entries, ({ currency }) => currency),
  ];
}
