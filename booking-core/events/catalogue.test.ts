import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EventId, uuidSource } from "../../foundation/ids.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import {
  insertEvent,
  newBuyer,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  standingOf,
} from "../../test/harness/shop.ts";
import type { RoomsToPublish } from "../rooms/publish-room.ts";
import { createCatalogue } from "./catalogue.ts";
import { seatLabel } from "./event.ts";
import { publishEvents, publishMissing } from "./publish.ts";
import { readEvents } from "./read-events.ts";
import { createReadModel } from "./read-model/read-model.ts";
import { countUse } from "./read-model/test-postgres.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

function roomsIn(rooms: Map<EventId, unknown>): RoomsToPublish {
  return { isThere: async (id) => rooms.has(id), configure: async (id, room) => void rooms.set(id, room) };
}

/** A catalogue of another process, whose time the test moves, and which counts how often it goes to Postgres. */
function openCatalogue() {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const postgres = countUse(shop.pool);
  const readModel = createReadModel({ ...shop, pool: postgres.pool });
  return { clock, catalogue: createCatalogue({ readModel, clock }), uses: postgres.uses };
}

test("an event has its venue, and its sections in the plan's order with their rows and prices", async () => {
  const { id } = await openEvent(shop, { sections: [standingOf(30), rowsOf(3, 4)] });
  const event = await openCatalogue().catalogue.find(id);
  expect(event).toMatchObject({ id, venue: { name: "Test hall" }, status: "active", currency: "EUR" });
  const [standing, seated] = event?.sections ?? [];
  expect(standing).toMatchObject({ kind: "standing", capacity: 30, rows: [] });
  expect(seated).toMatchObject({
    capacity: 7,
    offer: { price: { amountMinor: 4_500n, currency: "EUR" }, maxPerBooking: 8 },
  });
  expect(seatLabel({ rows: seated?.rows ?? [] }, 3)).toEqual({ row: "2", seat: "1" });
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
  for (const [status, shown] of [["inactive", false], ["active", true]] as const) {
    await shop.pool.query("update events set status = $2 where id = $1", [id, status]);
    await shop.publishChanges();
    clock.nowMs += 601;
    expect(await isListed()).toBe(shown);
    expect((await catalogue.find(id)) !== undefined).toBe(shown);
  }
});

test("an event that nobody has heard of is not there, and one that is published a moment later is", async () => {
  const { catalogue, clock, uses } = openCatalogue();
  expect(await catalogue.find(uuidSource.next<EventId>())).toBeUndefined();
  const { id } = await openEvent(shop);
  clock.nowMs += 51;
  expect(await catalogue.find(id)).toBeDefined();
  expect(uses()).toEqual({ versions: 0, events: 0 });
});

test("publishing brings the sections that Redis has lost, and the room as it is set", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(5), standingOf(9)] });
  for (const { id } of event.sections) await shop.redis.del(...Object.values(sectionKeys(event.id, id)));
  const rooms = new Map<EventId, unknown>();
  await publishEvents({ ...shop, rooms: roomsIn(rooms) });
  expect(rooms.get(event.id)).toMatchObject({ cap: 100, passMs: 600_000 });
  for (const section of event.sections)
    expect(await shop.seats.snapshot(event.id, section.id)).toMatchObject({ free: section.capacity });
});

test("an event that cannot be published keeps no other from it, and is told", async () => {
  const [bad, good] = [await openEvent(shop), await openEvent(shop)];
  const rooms = new Map<EventId, unknown>();
  const configure: RoomsToPublish["configure"] = async (id, room) => {
    if (id === bad.id) throw new Error("settings that cannot be read");
    rooms.set(id, room);
  };
  const publishing = { ...shop, rooms: { ...roomsIn(rooms), configure } };
  for (const publish of [publishEvents, publishMissing]) {
    await expect(publish(publishing)).rejects.toThrow(/^1 of \d+ events/);
    expect(rooms.get(good.id)).toBeDefined();
    rooms.clear();
  }
});

test("what Redis has lost while the system runs is brought back, with what is booked, and the rest is left alone", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(5), rowsOf(6)] });
  const [lost, kept] = event.sections;
  if (lost === undefined || kept === undefined) throw new Error("an event of two sections is needed");
  const wish = { mode: "best-available", quantity: 2 } as const;
  for (const { id: sectionId } of event.sections) {
    const request = { eventId: event.id, sectionId, wish, buyer: newBuyer(), idempotencyKey: randomUUID() };
    expect((await shop.bookings.book(request)).outcome).toBe("booked");
  }
  const version = (await shop.seats.snapshot(event.id, kept.id))?.version;
  await shop.redis.del(...Object.values(sectionKeys(event.id, lost.id)));
  const rooms = new Map<EventId, unknown>();
  await publishMissing({ ...shop, rooms: roomsIn(rooms) });
  expect(await shop.seats.snapshot(event.id, lost.id)).toMatchObject({ free: 3, seats: "hhfff" });
  expect((await shop.seats.snapshot(event.id, kept.id))?.version).toBe(version);
  expect(rooms.get(event.id)).toMatchObject({ cap: 100 });
});

test("an event that is made while events are read is never seen without its sections", async () => {
  let making = true;
  const maker = async () => {
    while (making) await inTransaction(shop.pool, (sql) => insertEvent(sql));
  };
  const makers = [maker(), maker()];
  const bare: EventId[] = [];
  for (let reading = 0; reading < 150; reading += 1) {
    for (const event of await readEvents(shop.pool)) if (event.sections.length === 0) bare.push(event.id);
  }
  making = false;
  await Promise.all(makers);
  expect(bare).toEqual([]);
});
