import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { uuidSource } from "../../foundation/ids.ts";
import { createPool, inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
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

  test("a transfer that does not sum to zero, when it commits", async () => {
    const id = randomUUID();
    const lopsided = inTransaction(pool, async (sql) => {
      const account = await sql.query(
        "insert into ledger_accounts (id, kind, party, currency) values ($1::uuid, 'buyer_refunds', $1::text, 'EUR') returning id",
        [randomUUID()],
      );
      await sql.query("insert into transfers (id, key, kind) values ($1::uuid, $1::text, 'payment')", [id]);
      await sql.query(
        "insert into entries (transfer_id, position, account_id, amount_minor, currency) values ($1, 0, $2, 5, 'EUR')",
        [id, account.rows[0].id],
      );
    });
    await expect(lopsided).rejects.toThrow("does not sum to zero");
  });

  test("a transfer without entries, when it commits", async () => {
    const empty = inTransaction(pool, (sql) =>
      sql.query("insert into transfers (id, key, kind) values ($1::uuid, $1::text, 'payment')", [
        randomUUID(),
      ]),
    );
    await expect(empty).rejects.toThrow("has no entries");
  });

  test("an amount that balances only across currencies", async () => {
    const id = randomUUID();
    const mixed = inTransaction(pool, async (sql) => {
      await sql.query("insert into transfers (id, key, kind) values ($1::uuid, $1::text, 'payment')", [id]);
      for (const [position, currency, amount] of [
        [0, "EUR", 5],
        [1, "USD", -5],
      ] as const) {
        const account = await sql.query(
          "insert into ledger_accounts (id, kind, party, currency) values ($1::uuid, 'buyer_refunds', $1::text, $2) returning id",
          [randomUUID(), currency],
        );
        await sql.query(
          "insert into entries (transfer_id, position, account_id, amount_minor, currency) values ($1, $2, $3, $4, $5)",
          [id, position, account.rows[0].id, amount, currency],
        );
      }
    });
    await expect(mixed).rejects.toThrow("does not sum to zero");
  });
});
