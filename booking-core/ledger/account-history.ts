import type { BookingId, PaymentId, RefundId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { LedgerAccount } from "./accounts.ts";
import type { NewTransfer } from "./record-transfers.ts";

/** Behind which transfer a page begins. Later ones have greater ids, so they move nothing of what follows. */
export type EntriesCursor = string;

export type AccountEntry = {
  readonly transferId: string;
  readonly kind: NewTransfer["kind"];
  readonly amountMinor: bigint;
  readonly bookingId: BookingId | null;
  readonly paymentId: PaymentId | null;
  readonly refundId: RefundId | null;
  readonly createdAtMs: number;
};

export type EntriesPage = {
  readonly entries: readonly AccountEntry[];
  /** Nothing where this is the last page. */
  readonly next: EntriesCursor | undefined;
};

export type EntriesRequest = {
  readonly account: LedgerAccount;
  readonly currency: string;
  readonly after?: EntriesCursor | undefined;
  readonly limit: number;
};

type Row = Omit<AccountEntry, "createdAtMs"> & { readonly createdAt: Date };

/** One line a transfer, whatever the number of its entries of this account. */
const statement = `
  select t.id as "transferId", t.kind, t.booking_id as "bookingId", t.payment_id as "paymentId", t.refund_id as "refundId",
         t.created_at as "createdAt", l."amountMinor"
    from (select e.transfer_id, sum(e.amount_minor)::bigint as "amountMinor"
            from entries e
           where e.account_id = (select id from ledger_accounts where kind = $1 and party = $2 and currency = $3)
             and ($4::uuid is null or e.transfer_id < $4)
           group by e.transfer_id order by e.transfer_id desc limit $5) l
    join transfers t on t.id = l.transfer_id
   order by t.id desc`;

/** What came to an account and went from it, the newest first. */
export async function readAccountHistory(sql: Sql, request: EntriesRequest): Promise<EntriesPage> {
  const { account, currency, after = null, limit } = request;
  // One more than wanted tells whether there is another page.
  const values = [account.kind, account.party, currency, after, limit + 1];
  const { rows } = await sql.query<Row>({ name: "account-history", text: statement }, values);
  const next = rows.length > limit ? rows[limit - 1]?.transferId : undefined;
  const entries = rows.slice(0, limit).map(({ createdAt, ...entry }) => {
    return { ...entry, createdAtMs: createdAt.getTime() };
  });
  return { entries, next };
}
