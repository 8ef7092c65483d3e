import type { Sql } from "../../foundation/postgres/pool.ts";
import type { LedgerAccount } from "./accounts.ts";

/** What the account holds now; nothing was ever written to an account that is not there. */
export async function balanceOf(sql: Sql, { kind, party }: LedgerAccount, currency: string): Promise<bigint> {
  const found = await sql.query<{ balance: bigint }>(
    `select coalesce(sum(b.balance_minor), 0)::bigint as balance
       from ledger_accounts a join account_balances b on b.account_id = a.id
      where a.kind = $1 and a.party = $2 and a.currency = $3`,
    [kind, party, currency],
  );
  return found.rows[0]?.balance ?? 0n;
}

export type AccountBalance = LedgerAccount & { readonly currency: string; readonly balanceMinor: bigint };

export type AccountFilter = {
  readonly kinds?: readonly LedgerAccount["kind"][];
  readonly party?: string;
  /** The most accounts that are told; those of the greatest amounts come first. */
  readonly limit: number;
};

export async function readBalances(
  sql: Sql,
  { kinds, party, limit }: AccountFilter,
): Promise<AccountBalance[]> {
  const found = await sql.query<AccountBalance>(
    `select a.kind, a.party, a.currency, sum(b.balance_minor)::bigint as "balanceMinor"
       from ledger_accounts a join account_balances b on b.account_id = a.id
      where ($1::text[] is null or a.kind = any($1)) and ($2::text is null or a.party = $2)
      group by a.id order by abs(sum(b.balance_minor)) desc, a.kind, a.party, a.currency limit $3`,
    [kinds ?? null, party ?? null, limit],
  );
  return found.rows;
}

/**
 * The balance of an account that has one part (a wallet), which nobody else changes until the transaction ends.
 */
export async function lockBalance(
  sql: Sql,
  { kind, party }: LedgerAccount,
  currency: string,
): Promise<bigint> {
  const found = await sql.query<{ balance: bigint }>(
    `select b.balance_minor as balance from account_balances b join ledger_accounts a on a.id = b.account_id
      where a.kind = $1 and a.party = $2 and a.currency = $3 and b.part = 0 for update of b`,
    [kind, party, currency],
  );
  return found.rows[0]?.balance ?? 0n;
}
