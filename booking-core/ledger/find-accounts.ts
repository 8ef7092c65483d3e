import type { IdSource } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { LedgerAccount } from "./accounts.ts";

type Wanted = { readonly account: LedgerAccount; readonly currency: string };

/**
 * The id of each account, in the order in which they are asked for. Read first: an account is made once and then only
 * read, so that nobody waits for anybody's insert.
 */
export async function findAccounts(sql: Sql, ids: IdSource, wanted: readonly Wanted[]): Promise<string[]> {
  const distinct = new Map(wanted.map((one) => [nameOf(one), one]));
  const found = await readAccounts(sql, [...distinct.values()]);
  const missing = [...distinct].filter(([name]) => !found.has(name)).map(([, one]) => one);
  if (missing.length > 0) {
    await makeAccounts(sql, ids, missing);
    for (const [name, id] of await readAccounts(sql, missing)) found.set(name, id);
  }
  return wanted.map((one) => {
    const id = found.get(nameOf(one));
    if (id === undefined) throw new Error(`the ledger account ${nameOf(one)} could not be made`);
    return id;
  });
}

async function readAccounts(sql: Sql, wanted: readonly Wanted[]): Promise<Map<string, string>> {
  const found = await sql.query<{ id: string } & LedgerAccount & { currency: string }>({
    name: "read-accounts",
    text: `select a.id, a.kind, a.party, a.currency from ledger_accounts a
       join unnest($1::text[], $2::text[], $3::text[]) as w (kind, party, currency)
         on a.kind = w.kind and a.party = w.party and a.currency = w.currency`,
    values: columnsOf(wanted),
  });
  return new Map(
    found.rows.map(({ id, kind, party, currency }) => [nameOf({ account: { kind, party }, currency }), id]),
  );
}

/** In one order, so that two who make the same accounts never wait for each other in a circle. */
async function makeAccounts(sql: Sql, ids: IdSource, missing: readonly Wanted[]): Promise<void> {
  const inOrder = missing.toSorted((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  await sql.query({
    name: "make-accounts",
    text: `insert into ledger_accounts (kind, party, currency, id)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::uuid[]) on conflict do nothing`,
    values: [...columnsOf(inOrder), inOrder.map(() => ids.next<string>())],
  });
}

function columnsOf(wanted: readonly Wanted[]): [kinds: string[], parties: string[], currencies: string[]] {
  return [
    wanted.map(({ account }) => account.kind),
    wanted.map(({ account }) => account.party),
    wanted.map(({ currency }) => currency),
  ];
}

function nameOf({ account: { kind, party }, currency }: Wanted): string {
  return `${kind} ${party} ${currency}`;
}
