import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventId } from "../../foundation/ids.ts";
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
import { publishEvents, publishMissing } from "./publish.ts";
import { readEvents } from "./read-events.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

function roomsIn(rooms: Map<EventId, unknown>): RoomsToPublish {
  return { isThere: async (id) => rooms.has(id), configure: async (id, room) => void rooms.set(id, room) };
}

test("publishing brings the sections that Redis has lost, and the room as it is set", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(5), standingOf(9)] });
  for (const { id } of event.sections) await shop.redis.del(...Object.values(sectionKeys(event.id, id)));
  const rooms = new Map<EventId, unknown>();
  await publishEvents({ ...shop, rooms: roomsIn(rooms) });
  expect(rooms.get(event.id)).toMatchObject({ cap: 100, passMs: 600_000 });
  for (const section of event.sections)
    expect(await shop.seats.snapshot(event.id, section.id)).toMatchObject({ free: [section.capacity] });
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

test("an event that cannot be read keeps no other from being published", async () => {
  const [bad, good] = [await openEvent(shop), await openEvent(shop)];
  const { rows } = await shop.pool.query("select id, layout from sections where event_id = $1", [bad.id]);
  await shop.pool.query("update sections set layout = '{}' where event_id = $1", [bad.id]);
  const rooms = new Map<EventId, unknown>();
  await expect(publishEvents({ ...shop, rooms: roomsIn(rooms) })).rejects.toThrow(/^1 of \d+ events/);
  expect(rooms.get(good.id)).toBeDefined();
  for (const { id, layout } of rows)
    await shop.pool.query("update sections set layout = $2 where id = $1", [id, layout]);
});

test("what Redis has lost while the system runs is brought back, with what is booked, and the rest is left alone", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(5), rowsOf(6)] });
  const [lost, kept] = event.sections;
  if (lost === undefined || kept === undefined) throw new Error("an event of two sections is needed");
  for (const { id: sectionId } of event.sections) {
    const wishes = [{ mode: "best-available", quantity: 2, sectionId } as const];
    const request = { eventId: event.id, wishes, buyer: newBuyer(), idempotencyKey: randomUUID() };
    expect((await shop.bookings.book(request)).outcome).toBe("booked");
  }
  const version = (await shop.seats.snapshot(event.id, kept.id))?.version;
  await shop.redis.del(...Object.values(sectionKeys(event.id, lost.id)));
  const rooms = new Map<EventId, unknown>();
  await publishMissing({ ...shop, rooms: roomsIn(rooms) });
  expect(await shop.seats.snapshot(event.id, lost.id)).toMatchObject({ free: [3] });
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
