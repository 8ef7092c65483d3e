import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EventId, uuidSource } from "../../foundation/ids.ts";
import { createPool, inTransaction, type Pool, type Sql } from "../../foundation/postgres/pool.ts";
import { createTestDatabase } from "../../test/harness/database.ts";
import { createEventLedger } from "./event-ledger.ts";
import { type NewTransfer, recordTransfers } from "./record-transfers.ts";

let pool: Pool;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await createTestDatabase();
  pool = createPool(database.url, 2);
  drop = database.drop;
});
afterAll(async () => {
  await pool.end();
  await drop();
});

/** Of 100: 85 are the organiser's, 10 the house's, 5 the state's. Minus times: given back. */
function sale(eventId: EventId, times = 1n): NewTransfer {
  const entries = [
    { account: { kind: "provider_clearing" as const, party: "sandbox" }, amountMinor: 100n * times },
    { account: { kind: "organiser_payable" as const, party: eventId }, amountMinor: -85n * times },
    { account: { kind: "house_fees" as const, party: eventId }, amountMinor: -10n * times },
    { account: { kind: "taxes_payable" as const, party: eventId }, amountMinor: -5n * times },
  ];
  return { key: randomUUID(), kind: "payment", currency: "EUR", entries };
}

const record = (...transfers: NewTransfer[]) =>
  inTransaction(pool, (sql) => recordTransfers(sql, uuidSource, transfers));

test("an event's balances are its own, with the fees that came from it", async () => {
  const [one, other] = [randomUUID() as EventId, randomUUID() as EventId];
  await record(sale(one), sale(one), sale(one), sale(other, 7n), sale(one, -1n));
  const ledger = createEventLedger({ pool });
  expect(await ledger.balances(one)).toEqual([
    { account: "organiser_payable", currency: "EUR", balanceMinor: -170n },
    { account: "house_fees", currency: "EUR", balanceMinor: -20n },
    { account: "taxes_payable", currency: "EUR", balanceMinor: -10n },
  ]);
  expect(await ledger.balances(randomUUID() as EventId)).toEqual([]);
});

test("an event's entries come in pages, the newest first", async () => {
  const eventId = randomUUID() as EventId;
  for (const times of [1n, 2n, 3n]) await record(sale(eventId, times));
  const { entries: read } = createEventLedger({ pool });
  const request = { eventId, account: "taxes_payable", currency: "EUR", limit: 2 } as const;
  const first = await read(request);
  const second = await read({ ...request, after: first.next });
  const amounts = [...first.entries, ...second.entries].map(({ amountMinor }) => amountMinor);
  expect(new Set(amounts)).toEqual(new Set([-5n, -10n, -15n]));
  expect(amounts).toHaveLength(3);
  expect(second.next).toBeUndefined();
});

test("an event's balances are read without its entries, however many there are", async () => {
  const eventId = randomUUID() as EventId;
  await record(...Array.from({ length: 50 }, () => sale(eventId)));
  const [balances, entries] = await inTransaction(pool, async (sql) => {
    const before = await entriesRead(sql);
    const told = await createEventLedger({ pool: sql }).balances(eventId);
    return [told, (await entriesRead(sql)) - before] as const;
  });
  expect(balances).toContainEqual({ account: "house_fees", currency: "EUR", balanceMinor: -500n });
  expect(entries).toBe(0n);
});

/** By Postgres' own count, of this connection. */
async function entriesRead(sql: Sql): Promise<bigint> {
  const found = await sql.query<{ read: bigint }>(
    "select seq_tup_read + idx_tup_fetch as read from pg_stat_xact_user_tables where relname = 'entries'",
  );
  return found.rows[0]?.read ?? -1n;
}
