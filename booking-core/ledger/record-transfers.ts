import type { BookingId, IdSource, PaymentId, RefundId } from "../../foundation/ids.ts";
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
 * Any number of transfers in a few statements. Gives the keys that are new: a fact that was recorded before is left as
 * it is. A wallet that would be overdrawn ends the transaction.
 */
export async function recordTransfers(
  sql: Sql,
  ids: IdSource,
  transfers: readonly NewTransfer[],
): Promise<ReadonlySet<string>> {
  if (transfers.length === 0) return new Set();
  for (const transfer of transfers) assertBalanced(transfer);
  const wanted = transfers.map((transfer): Written => ({ id: ids.next<string>(), transfer }));
  const fresh = await insertTransfers(sql, wanted);
  const written = wanted.filter(({ id }) => fresh.has(id));
  await insertEntries(sql, ids, written);
  return new Set(written.map(({ transfer }) => transfer.key));
}

/** The database says so too, at the commit; here it names the culprit. */
function assertBalanced({ key, entries }: NewTransfer): void {
  const sum = entries.reduce((total, { amountMinor }) => total + amountMinor, 0n);
  if (sum !== 0n) throw new Error(`the entries of the transfer "${key}" sum to ${sum}`);
}

async function insertTransfers(sql: Sql, wanted: readonly Written[]): Promise<ReadonlySet<string>> {
  const inserted = await sql.query<{ id: string }>(
    `insert into transfers (id, key, kind, booking_id, payment_id, refund_id)
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[])
     on conflict (key) do nothing returning id`,
    [
      wanted.map(({ id }) => id),
      wanted.map(({ transfer }) => transfer.key),
      wanted.map(({ transfer }) => transfer.kind),
      wanted.map(({ transfer }) => transfer.bookingId ?? null),
      wanted.map(({ transfer }) => transfer.paymentId ?? null),
      wanted.map(({ transfer }) => transfer.refundId ?? null),
    ],
  );
  return new Set(inserted.rows.map(({ id }) => id));
}

async function insertEntries(sql: Sql, ids: IdSource, written: readonly Written[]): Promise<void> {
  const rows = written.flatMap(({ id, transfer: { currency, entries } }) =>
    entries
      .filter(({ amountMinor }) => amountMinor !== 0n)
      .map(({ account, amountMinor }, position) => ({ id, position, account, amountMinor, currency })),
  );
  if (rows.length === 0) return;
  const accountIds = await findAccounts(sql, ids, rows);
  await sql.query(
    `insert into entries (transfer_id, position, account_id, amount_minor, currency)
     select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::bigint[], $5::text[])`,
    [
      rows.map(({ id }) => id),
      rows.map(({ position }) => position),
      accountIds,
      rows.map(({ amountMinor }) => amountMinor),
      rows.map(({ currency }) => currency),
    ],
  );
}
