import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EventId, uuidSource } from "../../foundation/ids.ts";
import { createPool, inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import { createTestDatabase } from "../../test/harness/database.ts";
import { house } from "./accounts.ts";
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
    { account: { kind: "house_fees" as const, party: house }, amountMinor: -10n * times },
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
    { account: "taxes_payable", currency: "EUR", balanceMinor: -10n },
    { account: "house_fees", currency: "EUR", balanceMinor: -20n },
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
