import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { uuidSource } from "../../foundation/ids.ts";
import { createPool, inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import { createTestDatabase, databaseForThisTest } from "../../test/harness/database.ts";
import { readAccountHistory } from "./account-history.ts";
import type { LedgerAccount } from "./accounts.ts";
import { balanceOf, readBalances } from "./balances.ts";
import { type NewTransfer, recordTransfers } from "./record-transfers.ts";

let pool: Pool;
let drop: () => Promise<void>;
const connections = 16;
beforeAll(async () => {
  const database = await createTestDatabase();
  pool = createPool(database.url, connections);
  drop = database.drop;
});
afterAll(async () => {
  await pool.end();
  await drop();
});

const clearing: LedgerAccount = { kind: "provider_clearing", party: "sandbox" };
const organiser = (party: string): LedgerAccount => ({ kind: "organiser_payable", party });

function sale(party: string, amountMinor = 100n, currency = "EUR"): NewTransfer {
  const entries = [
    { account: clearing, amountMinor },
    { account: organiser(party), amountMinor: -amountMinor },
  ];
  return { key: randomUUID(), kind: "payment", currency, entries };
}

/** Of two accounts that no other party has. */
function internal(party: string): NewTransfer {
  const taxes: LedgerAccount = { kind: "taxes_payable", party };
  const entries = [
    { account: taxes, amountMinor: 100n },
    { account: organiser(party), amountMinor: -100n },
  ];
  return { key: randomUUID(), kind: "payment", currency: "EUR", entries };
}

/** As many transactions, and each waits with its commit until all have written. */
async function allBeforeAnyCommits(on: Pool, party: string, transactions: number): Promise<void> {
  const written = Promise.withResolvers<void>();
  let open = transactions;
  const settle = () =>
    inTransaction(on, async (sql) => {
      await sql.query("set local lock_timeout = '2s'");
      await recordTransfers(sql, uuidSource, [sale(party)]);
      open -= 1;
      if (open === 0) written.resolve();
      await written.promise;
    });
  const all = Array.from({ length: transactions }, settle);
  // Who is refused sets the others free.
  for (const one of all) one.catch(() => written.resolve());
  const outcomes = await Promise.allSettled(all);
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

/** The accounts are there, so that nobody waits for their insert. */
const openAccounts = (on: Pool, party: string) =>
  inTransaction(on, (sql) => recordTransfers(sql, uuidSource, [sale(party)]));

const oneRowAnAccount =
  "create or replace function own_balance_part() returns smallint language sql as 'select 0::smallint'";

describe("transactions that settle for one organiser at the same time", () => {
  test("do not wait for each other: all have written before any commits", async () => {
    const party = randomUUID();
    await openAccounts(pool, party);
    await allBeforeAnyCommits(pool, party, connections);
    expect(await balanceOf(pool, organiser(party), "EUR")).toBe(-100n * BigInt(connections + 1));
  });

  test("would wait with one row an account", async () => {
    const other = createPool(await databaseForThisTest(), 2);
    try {
      await openAccounts(other, "event");
      await other.query(oneRowAnAccount);
      await expect(allBeforeAnyCommits(other, "event", 2)).rejects.toThrow("lock timeout");
    } finally {
      await other.end();
    }
  });

  test("take the parts again that others have left: an account has no more of them than were open at once", async () => {
    const party = randomUUID();
    for (let round = 0; round < 20; round += 1) await openAccounts(pool, party);
    const parts = await pool.query(
      "select from account_balances b join ledger_accounts a on a.id = b.account_id where a.party = $1",
      [party],
    );
    expect(parts.rowCount).toBe(1);
  });
});

describe("two transactions that write the same accounts, each in another order", () => {
  /** Each writes one, and the other one only once both have done so. */
  const crossed = (on: Pool) => {
    const begun = Promise.withResolvers<void>();
    let waiting = 2;
    const write = (parties: readonly [string, string]) =>
      inTransaction(on, async (sql) => {
        await recordTransfers(sql, uuidSource, [internal(parties[0])]);
        waiting -= 1;
        if (waiting === 0) begun.resolve();
        await begun.promise;
        await recordTransfers(sql, uuidSource, [internal(parties[1])]);
      });
    return Promise.all([write(["one", "two"]), write(["two", "one"])]);
  };
  const open = async (on: Pool) => {
    for (const party of ["one", "two"])
      await inTransaction(on, (sql) => recordTransfers(sql, uuidSource, [internal(party)]));
  };

  test("both come to their end", async () => {
    await open(pool);
    for (let round = 0; round < 10; round += 1) await crossed(pool);
    expect(await balanceOf(pool, organiser("one"), "EUR")).toBe(-2_100n);
  });

  test("would wait for each other for ever, with one row an account", async () => {
    const other = createPool(await databaseForThisTest(), 2);
    try {
      await open(other);
      await other.query(oneRowAnAccount);
      await expect(crossed(other)).rejects.toThrow("deadlock detected");
    } finally {
      await other.end();
    }
  });
});

describe("what accounts hold is written by their entries alone: the database refuses", () => {
  const byHand: [string, string][] = [
    ["an insert", "insert into account_balances select id, 7, 5, false from ledger_accounts limit 1"],
    ["an update", "update account_balances set balance_minor = 0"],
    ["an update of nothing", "update account_balances set balance_minor = 0 where false"],
    ["a delete", "delete from account_balances"],
    ["emptying it", "truncate account_balances"],
    ["emptying what it follows", "truncate ledger_accounts cascade"],
    [
      "a merge",
      `merge into account_balances b using ledger_accounts a on a.id = b.account_id when matched then update set balance_minor = 0`,
    ],
    [
      "an insert that becomes an update",
      `insert into account_balances select account_id, part, 0, false from account_balances
       on conflict (account_id, part) do update set balance_minor = 0`,
    ],
    [
      "a change within another statement",
      "with gone as (delete from account_balances returning 1) select * from gone",
    ],
  ];
  test.each(byHand)("%s", async (_what, statement) => {
    await openAccounts(pool, "event");
    await expect(pool.query(statement)).rejects.toMatchObject({ code: "23001" });
  });
});

describe("reading", () => {
  test("an account that was never written holds nothing, and has no history", async () => {
    const account = organiser(randomUUID());
    expect(await balanceOf(pool, account, "EUR")).toBe(0n);
    const page = await readAccountHistory(pool, { account, currency: "EUR", limit: 5 });
    expect(page).toEqual({ entries: [], next: undefined });
  });

  test("currencies are apart, and the greatest amounts come first", async () => {
    const party = randomUUID();
    const sales = [sale(party, 5n, "JPY"), sale(party, 7n, "KWD"), sale(party, 6n)];
    await inTransaction(pool, (sql) => recordTransfers(sql, uuidSource, sales));
    const held = await readBalances(pool, { kinds: ["organiser_payable"], party, limit: 2 });
    expect(held.map(({ currency, balanceMinor }) => [currency, balanceMinor])).toEqual([
      ["KWD", -7n],
      ["EUR", -6n],
    ]);
  });

  test("the pages of a history together hold each transfer once, the newest first", async () => {
    const party = randomUUID();
    const account = organiser(party);
    for (let amount = 1n; amount <= 7n; amount += 1n)
      await inTransaction(pool, (sql) => recordTransfers(sql, uuidSource, [sale(party, amount)]));
    const seen: string[] = [];
    let amounts = 0n;
    let after: string | undefined;
    do {
      const page = await readAccountHistory(pool, { account, currency: "EUR", limit: 3, after });
      seen.push(...page.entries.map(({ transferId }) => transferId));
      for (const { amountMinor } of page.entries) amounts += amountMinor;
      after = page.next;
    } while (after !== undefined);
    expect(seen).toHaveLength(7);
    expect(seen).toEqual(seen.toSorted().toReversed());
    expect(amounts).toBe(-28n);
  });
});
