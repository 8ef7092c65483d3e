import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../foundation/clock.ts";
import { type EventId, type TicketId, uuidSource } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { createPool, type Pool } from "../../foundation/postgres/pool.ts";
import { createTestDatabase } from "../../test/harness/database.ts";
import { createKeySeal } from "./key-seal.ts";
import { openPrivateKey, readKeys, rotateKeys } from "./stored-keys.ts";
import { createTicketKeys } from "./ticket-keys.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, 8);
});
beforeEach(() => pool.query("truncate ticket_keys"));
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const secret = "a secret of the tests, thirty-two characters";
const seal = createKeySeal(secret);
const claims = { eventId: uuidSource.next<EventId>(), ticketId: uuidSource.next<TicketId>(), issue: 0 };

/** Keys as one process knows them, whose clock the test moves on. */
function openKeys(secretOfProcess = secret) {
  let laterMs = 0;
  const clock = { now: () => systemClock.now() + laterMs };
  const keys = createTicketKeys({ pool, clock, secret: secretOfProcess });
  const pass = (ms: number) => {
    laterMs += ms;
  };
  return { ...keys, pass };
}

test("processes that race for the first key make one, and read each other's codes", async () => {
  const processes = Array.from({ length: 8 }, () => openKeys());
  const codes = await Promise.all(processes.map(async (keys) => (await keys.signer())(claims)));
  expect(await readKeys(pool)).toHaveLength(1);
  for (const keys of processes)
    for (const code of codes)
      expect(await keys.check(code)).toEqual({ outcome: "good", keyId: 1, ...claims });
});

test("rotations at the same moment each make a key, and one signs", async () => {
  await Promise.all([1, 2, 3, 4].map(() => rotateKeys(pool, seal, false)));
  const keys = await readKeys(pool);
  expect(keys.map(({ id, retiredAtMs }) => [id, retiredAtMs === null])).toEqual([
    [1, false],
    [2, false],
    [3, false],
    [4, true],
  ]);
});

test("every process signs with a new key within ten seconds, and what the old one signed stays good", async () => {
  const [near, far] = [openKeys(), openKeys()];
  const before = (await near.signer())(claims);
  await far.signer();
  expect(await rotateKeys(pool, seal, false)).toEqual({ outcome: "rotated", keyId: 2 });
  near.pass(limits.ticketKeys.knownMs);
  const after = (await near.signer())(claims);
  expect(await near.check(after)).toMatchObject({ outcome: "good", keyId: 2 });
  expect(limits.ticketKeys.knownMs).toBeLessThan(10_000);
  // The other process has not looked yet; the code of a key that it does not know makes it look.
  far.pass(limits.ticketKeys.askAgainMs);
  expect(await far.check(after)).toMatchObject({ outcome: "good", keyId: 2 });
  expect(await far.check(before)).toMatchObject({ outcome: "good", keyId: 1 });
  expect((await far.public()).map(({ id }) => id)).toEqual([1, 2]);
});

test("an old key verifies until its end, and not any more after it", async () => {
  const keys = openKeys();
  const code = (await keys.signer())(claims);
  await rotateKeys(pool, seal, false);
  keys.pass(23 * 3_600_000);
  expect(await keys.check(code)).toMatchObject({ outcome: "good" });
  keys.pass(2 * 3_600_000);
  expect(await keys.check(code)).toEqual({ outcome: "key_unknown", keyId: 1 });
});

test("a key that others know ends at once, with all before it that verified", async () => {
  const keys = openKeys();
  const code = (await keys.signer())(claims);
  await rotateKeys(pool, seal, false);
  await rotateKeys(pool, seal, true);
  keys.pass(limits.ticketKeys.knownMs);
  expect(await keys.check(code)).toMatchObject({ outcome: "key_unknown" });
  expect((await keys.public()).map(({ id }) => id)).toEqual([3]);
});

test("what stands in the table signs nothing without the secret, and belongs to its row", async () => {
  await rotateKeys(pool, seal, false);
  await rotateKeys(pool, seal, false);
  const [first, second] = await readKeys(pool);
  if (first === undefined || second === undefined) throw new Error("two keys");
  expect(openPrivateKey(first, seal)?.asymmetricKeyType).toBe("ed25519");
  expect(openPrivateKey(first, createKeySeal(`another ${secret}`))).toBeUndefined();
  expect(openPrivateKey({ ...first, sealed: second.sealed }, seal)).toBeUndefined();
  expect(openPrivateKey({ ...first, sealed: Buffer.alloc(3) }, seal)).toBeUndefined();
  await expect(openKeys(`another ${secret}`).signer()).rejects.toThrow(/ticket-keys rotate/);
});

test("after the last key there is none", async () => {
  await pool.query("insert into ticket_keys (id, public_key, sealed_private_key) values (255, $1, '')", [
    Buffer.alloc(32, 1),
  ]);
  expect(await rotateKeys(pool, seal, false)).toEqual({ outcome: "keys_used_up" });
});
