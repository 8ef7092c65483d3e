import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../foundation/limits.ts";
import { createPool } from "../../foundation/postgres/pool.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import { publishRoom } from "./publish-room.ts";
import { openRoomTest, operator, type RoomTest } from "./test-rooms.ts";

let here: RoomTest;
beforeAll(async () => {
  here = await openRoomTest();
});
afterAll(() => here.close());

const plain = { draw: false } as const;

async function entryOf(...joining: Parameters<RoomTest["join"]>): Promise<number> {
  const joined = await here.join(...joining);
  if (joined.outcome !== "joined" || joined.standing.outcome !== "waiting") throw new Error(joined.outcome);
  return joined.standing.number;
}

test("a room that Redis has lost goes on behind every number that can have been given", async () => {
  const eventId = await here.newRoom({ room: plain });
  await publishRoom(here.publishing, eventId);
  expect(await entryOf(eventId, "ann")).toBe(1);
  expect(await entryOf(eventId, "bob")).toBe(2);
  await here.forget(eventId);
  await publishRoom(here.publishing, eventId);
  expect(await entryOf(eventId, "cleo")).toBe(limits.room.reserveAhead + 1);
});

test("a room that Redis loses while it is published goes on behind every number too, with all its codes", async () => {
  const lanes = [
    { name: "general", weight: 1 },
    { name: "members", weight: 3 },
  ];
  const eventId = await here.newRoom({ room: { ...plain, lanes } });
  const { publishing } = here;
  const wanted = { lane: "members", kind: "single", endsAtMs: Date.now() + 60_000, count: 1 } as const;
  const created = await here.codes.create(eventId, operator, wanted);
  if (created.outcome !== "created") throw new Error(created.outcome);
  await here.shop.pool.query("update room_codes set created_at = now() - interval '1 hour'");
  await publishRoom(publishing, eventId);
  expect(await entryOf(eventId, "ann")).toBe(1);
  const isThere = async () => {
    await here.forget(eventId);
    return true;
  };
  await publishRoom({ ...publishing, rooms: { ...publishing.rooms, isThere } }, eventId);
  expect(await entryOf(eventId, "bob")).toBe(limits.room.reserveAhead + 1);
  expect(await here.join(eventId, "cleo", created.codes[0])).toMatchObject({ standing: { lane: "members" } });
});

test("a lost room is started with a single connection to Postgres", async () => {
  const eventId = await here.newRoom({ room: plain });
  const pool = createPool(here.shop.databaseUrl, 1);
  await publishRoom({ ...here.publishing, pool }, eventId).finally(() => pool.end());
  expect(await entryOf(eventId, "ann")).toBe(1);
});

test("whoever has a receipt is there again after the room was lost twice in a row", async () => {
  const eventId = await here.newRoom({ room: plain });
  await publishRoom(here.publishing, eventId);
  await here.forget(eventId);
  await publishRoom(here.publishing, eventId);
  const joined = await here.join(eventId, "dan");
  if (joined.outcome !== "joined") throw new Error(joined.outcome);
  await here.forget(eventId);
  await publishRoom(here.publishing, eventId);
  const [identity] = await here.shop.redis.hkeys(roomKeys(eventId).places);
  expect(identity).toBeUndefined();
  const again = await here.restore(eventId, "dan", joined.receipt);
  expect(again).toEqual({ outcome: "restored" });
});

test("publishing again changes the settings and leaves the numbers", async () => {
  const eventId = await here.newRoom({ room: plain });
  await publishRoom(here.publishing, eventId);
  expect(await entryOf(eventId, "ann")).toBe(1);
  await here.store.change(eventId, operator, (before) => {
    return { outcome: "changed", settings: { ...(before as object), cap: 3 } };
  });
  await publishRoom(here.publishing, eventId);
  expect(await here.shop.redis.hget(roomKeys(eventId).settings, "cap")).toBe("3");
  expect(await entryOf(eventId, "bob")).toBe(2);
});

test("processes that publish a lost room at once start it once", async () => {
  const eventId = await here.newRoom({ room: plain });
  await publishRoom(here.publishing, eventId);
  await here.forget(eventId);
  await Promise.all(Array.from({ length: 4 }, () => publishRoom(here.publishing, eventId)));
  expect(await here.shop.redis.hget(roomKeys(eventId).settings, "incarnation")).toBe("2");
  const found = await here.shop.pool.query("select marks from rooms where event_id = $1", [eventId]);
  expect(found.rows[0]?.marks).toMatchObject({
    incarnation: 2,
    lanes: [{ reserved: 2 * limits.room.reserveAhead }],
  });
});

test("codes open their lane as often as they say, and are there again after Redis lost them", async () => {
  const lanes = [
    { name: "general", weight: 1 },
    { name: "members", weight: 3 },
  ];
  const eventId = await here.newRoom({ room: { ...plain, lanes } });
  await publishRoom(here.publishing, eventId);
  const endsAtMs = Date.now() + 60_000;
  const wanted = { lane: "members", kind: "single", endsAtMs, count: 2 } as const;
  const created = await here.codes.create(eventId, operator, wanted);
  if (created.outcome !== "created") throw new Error(created.outcome);
  const [first = "", second = ""] = created.codes;
  await publishRoom(here.publishing, eventId);
  expect(await here.join(eventId, "ann", first.toLowerCase())).toMatchObject({
    standing: { lane: "members" },
  });
  expect(await here.join(eventId, "bob", first)).toEqual({ outcome: "code_spent" });
  await here.forget(eventId);
  await publishRoom(here.publishing, eventId);
  expect(await here.join(eventId, "bob", second)).toMatchObject({ standing: { lane: "members" } });
});

test("codes are kept as hashes alone, in the clear they are told once, and their making is audited", async () => {
  const lanes = [
    { name: "general", weight: 1 },
    { name: "press", weight: 1 },
  ];
  const eventId = await here.newRoom({ room: { lanes } });
  const endsAtMs = Date.now() + 60_000;
  const wanted = { lane: "press", kind: "multi", uses: 40, endsAtMs, count: 3 } as const;
  const created = await here.codes.create(eventId, operator, wanted);
  if (created.outcome !== "created") throw new Error(created.outcome);
  expect(new Set(created.codes).size).toBe(3);
  for (const code of created.codes) expect(code).toMatch(/^[2-9A-HJKMNP-Z]{12}$/);
  expect(await here.codes.list(eventId)).toMatchObject([{ lane: "press", uses: 40, endsAtMs, count: 3 }]);
  const kept = await here.shop.pool.query("select * from room_codes where event_id = $1", [eventId]);
  const everything = JSON.stringify([kept.rows, await here.store.audit(eventId, 5)]);
  for (const code of created.codes) expect(everything).not.toContain(code);
  expect(await here.store.audit(eventId, 5)).toMatchObject([{ action: "codes_created", actor: operator }]);
});

test("codes of a lane that the room does not have are refused", async () => {
  const eventId = await here.newRoom();
  const wanted = { lane: "members", kind: "single", endsAtMs: Date.now() + 60_000, count: 1 } as const;
  expect(await here.codes.create(eventId, operator, wanted)).toEqual({ outcome: "lane_unknown" });
  expect(await here.codes.list(eventId)).toEqual([]);
});
