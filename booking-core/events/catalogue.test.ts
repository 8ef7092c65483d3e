import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EventId, uuidSource } from "../../foundation/ids.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { openEvent, openShop, rowsOf, type Shop, standingOf } from "../../test/harness/shop.ts";
import { createCatalogue } from "./catalogue.ts";
import { createEventList } from "./event-list.ts";
import { seatLabel } from "./layout.ts";
import { createReadModel } from "./read-model/read-model.ts";
import { countUse } from "./read-model/test-postgres.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** A catalogue of another process, whose time the test moves, and which counts how often it goes to Postgres. */
function openCatalogue(logger = shop.logger) {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const postgres = countUse(shop.pool);
  const readModel = createReadModel({ ...shop, pool: postgres.pool });
  return { clock, catalogue: createCatalogue({ readModel, clock, logger }), uses: postgres.uses };
}

test("an event has its venue, and its sections in the plan's order with their rows and prices", async () => {
  const { id } = await openEvent(shop, { sections: [standingOf(30), rowsOf(3, 4)] });
  const event = await openCatalogue().catalogue.find(id);
  expect(event).toMatchObject({ id, venue: { name: "Test hall" }, status: "active", currency: "EUR" });
  const [standing, seated] = event?.sections ?? [];
  expect(standing).toMatchObject({ kind: "standing", capacity: 30, rows: [] });
  expect(seated).toMatchObject({
    capacity: 7,
    offers: [{ price: { amountMinor: 4_500n, currency: "EUR" }, maxPerBooking: 8 }],
  });
  expect(seatLabel({ rows: [], blocks: [], ...seated }, 3)).toEqual({ row: "2", seat: "1" });
});

test("a thousand requests at once never reach Postgres, not even the first one", async () => {
  const { id } = await openEvent(shop);
  const { catalogue, uses } = openCatalogue();
  const found = await Promise.all(Array.from({ length: 1_000 }, () => catalogue.find(id)));
  expect(new Set(found).size).toBe(1);
  expect(found[0]).toMatchObject({ id });
  expect(uses()).toEqual({ versions: 0, events: 0 });
});

test("an edit is seen when it is published, and the version tells it", async () => {
  const { id } = await openEvent(shop);
  const { catalogue, clock } = openCatalogue();
  const before = await catalogue.version(id);
  await shop.pool.query("update events set title = 'Renamed' where id = $1", [id]);
  await shop.publishChanges();
  clock.nowMs += 601;
  expect((await catalogue.find(id))?.title).toBe("Renamed");
  expect(await catalogue.version(id)).toBeGreaterThan(before ?? Number.NaN);
});

test("a hidden event is not there, and comes back when it is shown again", async () => {
  const { id } = await openEvent(shop);
  const { catalogue, clock } = openCatalogue();
  const isListed = async () => (await catalogue.list()).some((event) => event.id === id);
  expect(await catalogue.find(id)).toBeDefined();
  for (const [status, shown] of [
    ["inactive", false],
    ["active", true],
  ] as const) {
    await shop.pool.query("update events set status = $2 where id = $1", [id, status]);
    await shop.publishChanges();
    clock.nowMs += 601;
    expect(await isListed()).toBe(shown);
    expect((await catalogue.find(id)) !== undefined).toBe(shown);
  }
});

test("an event that Postgres has no more is not there", async () => {
  const { id } = await openEvent(shop);
  const { catalogue, clock } = openCatalogue();
  expect(await catalogue.find(id)).toBeDefined();
  // No row is ever deleted by ours; whoever does it all the same has to switch the triggers off.
  await inTransaction(shop.pool, async (sql) => {
    await sql.query("set local session_replication_role = replica");
    for (const table of ["offers", "sections", "rooms"])
      await sql.query(`delete from ${table} where event_id = $1`, [id]);
    await sql.query("delete from events where id = $1", [id]);
  });
  await shop.publishChanges();
  clock.nowMs += 601;
  expect(await catalogue.find(id)).toBeUndefined();
  expect(await catalogue.list()).toEqual(expect.not.arrayContaining([expect.objectContaining({ id })]));
});

test("events are listed by when they begin, and the list is made anew only after a change", async () => {
  const ids = [(await openEvent(shop)).id, (await openEvent(shop)).id];
  await shop.pool.query("update events set starts_at = now() + interval '2 hours' where id = $1", [ids[1]]);
  await shop.publishChanges();
  const { catalogue, clock } = openCatalogue();
  const first = await catalogue.list();
  const ours = () => first.map((event) => event.id).filter((id) => ids.includes(id));
  expect(ours()).toEqual([ids[1], ids[0]]);
  clock.nowMs += 601;
  expect(await catalogue.list()).toBe(first);
  await shop.pool.query("update events set title = 'Renamed' where id = $1", [ids[0]]);
  await shop.publishChanges();
  clock.nowMs += 601;
  expect((await catalogue.list()).find((event) => event.id === ids[0])?.title).toBe("Renamed");
});

/** Redis has lost the event, and what Postgres has of it cannot be read. */
async function spoil(id: EventId): Promise<void> {
  await shop.pool.query("update sections set layout = '{}' where event_id = $1", [id]);
  for (const node of shop.redis.nodes("master"))
    for (const key of await node.keys(`*${id}:*`)) await shop.redis.unlink(key);
}

test("an event that cannot be loaded is told and left out of the list, and keeps no other from it", async () => {
  const [bad, good] = [await openEvent(shop), await openEvent(shop)];
  const told: unknown[] = [];
  const logger = pino({ level: "error" }, { write: (line) => void told.push(JSON.parse(line)) });
  const { catalogue, clock } = openCatalogue(logger);
  const ids = async () => (await catalogue.list()).map(({ id }) => id);
  const { rows } = await shop.pool.query("select id, layout from sections where event_id = $1", [bad.id]);
  await spoil(bad.id);
  const [listed] = await Promise.all([ids(), ids()]);
  expect(listed).toContain(good.id);
  expect(listed).not.toContain(bad.id);
  expect(told).toEqual([
    expect.objectContaining({ eventId: bad.id, err: expect.objectContaining({ type: "TypeError" }) }),
  ]);
  for (const { id, layout } of rows)
    await shop.pool.query("update sections set layout = $2 where id = $1", [id, layout]);
  expect(await ids()).not.toContain(bad.id);
  clock.nowMs += 5_001;
  expect(await ids()).toContain(bad.id);
});

test("where no event can be loaded, that is no empty list", async () => {
  const { id } = await openEvent(shop);
  const memory = {
    changes: () => 0,
    get: () => Promise.reject(new Error("away")),
  };
  const listOf = createEventList({ ...shop, memory });
  await expect(listOf(new Map([[id, 1]]))).rejects.toThrow("none of 1 events");
});

test("an event that nobody has heard of is not there, and one that is published a moment later is", async () => {
  const { catalogue, clock, uses } = openCatalogue();
  expect(await catalogue.find(uuidSource.next<EventId>())).toBeUndefined();
  const { id } = await openEvent(shop);
  clock.nowMs += 51;
  expect(await catalogue.find(id)).toBeDefined();
  expect(uses()).toEqual({ versions: 0, events: 0 });
});
