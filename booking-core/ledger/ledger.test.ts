import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { uuidSource } from "../../foundation/ids.ts";
import { createPool, inTransaction, type Pool, type Sql } from "../../foundation/postgres/pool.ts";
import { createTestDatabase } from "../../test/harness/database.ts";
import { type NewTransfer, recordTransfers } from "./record-transfers.ts";

let pool: Pool;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await createTestDatabase();
  pool = createPool(database.url, 10);
  drop = database.drop;
});
afterAll(async () => {
  await pool.end();
  await drop();
});

function transfer(key: string, amountMinor = 100n, currency = "EUR"): NewTransfer {
  return {
    key,
    kind: "payment",
    currency,
    entries: [
      { account: { kind: "organiser_payable", party: "event" }, amountMinor: -amountMinor },
      { account: { kind: "provider_clearing", party: "sandbox" }, amountMinor },
    ],
  };
}

const record = (wanted: NewTransfer) =>
  inTransaction(pool, async (sql) => (await recordTransfers(sql, uuidSource, [wanted])).has(wanted.key));

describe("a transfer", () => {
  test("sums to zero and is recorded once, also by twenty at once", async () => {
    const key = randomUUID();
    const recorded = await Promise.all(Array.from({ length: 20 }, () => record(transfer(key))));
    expect(recorded.filter((isNew) => isNew)).toHaveLength(1);
    const sums = await pool.query(
      "select sum(amount_minor)::text as sum, count(*)::int as n from entries e join transfers t on t.id = e.transfer_id where t.key = $1",
      [key],
    );
    expect(sums.rows).toEqual([{ sum: "0", n: 2 }]);
  });

  test("keeps amounts exact beyond a float's reach", async () => {
    const key = randomUUID();
    await record(transfer(key, 9_007_199_254_740_993n));
    const found = await pool.query(
      "select amount_minor from entries e join transfers t on t.id = e.transfer_id where t.key = $1 and amount_minor > 0",
      [key],
    );
    expect(found.rows).toEqual([{ amount_minor: 9_007_199_254_740_993n }]);
  });

  test("that many make at once shares one account for each party", async () => {
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => record(transfer(`${index} ${randomUUID()}`, 5n, "JPY"))),
    );
    const accounts = await pool.query("select from ledger_accounts where currency = 'JPY'");
    expect(accounts.rowCount).toBe(2);
  });
});

describe("the database refuses", () => {
  const changes: [string, string][] = [
    ["to change an entry", "update entries set amount_minor = 1"],
    ["to delete an entry", "delete from entries"],
    ["to empty the entries", "truncate entries"],
    ["to change a transfer", "update transfers set kind = 'refund'"],
    ["to delete a transfer", "delete from transfers"],
    ["to empty the transfers", "truncate transfers cascade"],
  ];
  test.each(changes)("%s", async (_what, statement) => {
    await record(transfer(randomUUID()));
    await expect(pool.query(statement)).rejects.toThrow("append-only");
  });

  test("an account that is changed, deleted or emptied", async () => {
    await record(transfer(randomUUID()));
    for (const statement of [
      "update ledger_accounts set party = 'another'",
      "delete from ledger_accounts",
      "truncate ledger_accounts cascade",
    ])
      await expect(pool.query(statement)).rejects.toThrow("accounts of the ledger stay");
  });

  test("a transfer that does not sum to zero", async () => {
    await expect(written(pool, [[await newAccount(), 5]])).rejects.toThrow("does not sum to zero");
  });

  test("a transfer without entries, also where they would come with the next statement", async () => {
    await expect(written(pool, [])).rejects.toThrow("has no entries");
  });

  test("an amount that balances only across currencies", async () => {
    const mixed = written(pool, [
      [await newAccount("EUR"), 5, "EUR"],
      [await newAccount("USD"), -5, "USD"],
    ]);
    await expect(mixed).rejects.toThrow("does not sum to zero");
  });

  test("amounts that balance only over two transfers", async () => {
    const account = await newAccount();
    const text = `with t as (insert into transfers (id, key, kind)
        select id, id::text, 'payment' from unnest($1::uuid[]) as id returning id)
      insert into entries (transfer_id, position, account_id, amount_minor, currency)
      select * from unnest($1::uuid[], '{0,0}'::int[], $2::uuid[], '{5,-5}'::bigint[], '{EUR,EUR}'::text[])`;
    const crossed = pool.query(text, [
      [randomUUID(), randomUUID()],
      [account, account],
    ]);
    await expect(crossed).rejects.toThrow("does not sum to zero");
  });

  test("an entry of an account in another currency, or of none", async () => {
    const euros = await newAccount("EUR");
    const dollars = written(pool, [
      [euros, 5, "USD"],
      [euros, -5, "USD"],
    ]);
    await expect(dollars).rejects.toThrow("in the currency of its entry");
    const nobody = randomUUID();
    const unknown = written(pool, [
      [nobody, 5],
      [nobody, -5],
    ]);
    await expect(unknown).rejects.toThrow("there is no account");
  });

  test("more entries of a transfer that is there, though they sum to zero", async () => {
    const account = await newAccount();
    const id = await written(pool, [
      [account, 5],
      [account, -5],
    ]);
    const more = addEntries(pool, id, [
      [account, 7],
      [account, -7],
    ]);
    await expect(more).rejects.toThrow("is not of this transaction");
    const nowhere = addEntries(pool, randomUUID(), [
      [account, 7],
      [account, -7],
    ]);
    await expect(nowhere).rejects.toThrow("is not of this transaction");
  });

  test("one entry more of a transfer of the same transaction", async () => {
    const account = await newAccount();
    const lopsided = inTransaction(pool, async (sql) => {
      const id = await written(sql, [
        [account, 5],
        [account, -5],
      ]);
      await addEntries(sql, id, [[account, 7]]);
    });
    await expect(lopsided).rejects.toThrow("does not sum to zero");
  });
});

type WrittenEntry = readonly [account: string, amountMinor: number, currency?: string];

/** As somebody would write it who does not go through `recordTransfers`. */
async function written(sql: Sql, entries: readonly WrittenEntry[]): Promise<string> {
  const id = randomUUID();
  const text = `with t as (insert into transfers (id, key, kind) values ($1::uuid, $1::uuid::text, 'payment'))
    ${insertEntries}`;
  await sql.query(text, [id, ...columnsOf(entries)]);
  return id;
}

async function addEntries(sql: Sql, id: string, entries: readonly WrittenEntry[]): Promise<void> {
  await sql.query(insertEntries, [id, ...columnsOf(entries, 10)]);
}

const insertEntries = `insert into entries (transfer_id, position, account_id, amount_minor, currency)
  select $1::uuid, * from unnest($2::int[], $3::uuid[], $4::bigint[], $5::text[])`;

function columnsOf(entries: readonly WrittenEntry[], firstPosition = 0): unknown[] {
  return [
    entries.map((_, index) => firstPosition + index),
    entries.map(([account]) => account),
    entries.map(([, amountMinor]) => amountMinor),
    entries.map(([, , currency = "EUR"]) => currency),
  ];
}

async function newAccount(currency = "EUR"): Promise<string> {
  const id = randomUUID();
  await pool.query(
    "insert into ledger_accounts (id, kind, party, currency) values ($1::uuid, 'buyer_refunds', $1::uuid::text, $2)",
    [id, currency],
  );
  return id;
}
