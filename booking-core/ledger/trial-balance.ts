import type { Sql } from "../../foundation/postgres/pool.ts";
import type { LedgerAccount } from "./accounts.ts";

export type AccountsBalance = {
  readonly kind: LedgerAccount["kind"];
  readonly currency: string;
  readonly balanceMinor: bigint;
};

/** What all accounts of a kind hold together. Over all kinds of a currency it sums to zero, or the books are wrong. */
export async function trialBalance(sql: Sql): Promise<AccountsBalance[]> {
  const found = await sql.query<AccountsBalance>(
    `select a.kind, a.currency, coalesce(sum(e.amount_minor), 0)::bigint as "balanceMinor"
       from ledger_accounts a left join entries e on e.account_id = a.id
      group by a.kind, a.currency order by a.currency, a.kind`,
  );
  return found.rows;
}
