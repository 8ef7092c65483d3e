import { afterAll, beforeAll, expect, test } from "vitest";
import { type EventId, identityFrom } from "../../foundation/ids.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import { checkPlaces, countShoppers } from "../../queue-admission/room-check.ts";
import { publishRoom } from "../rooms/publish-room.ts";
import { openRoomTest, operator, type RoomTest } from "../rooms/test-rooms.ts";
import { runCheck } from "./report.ts";
import { roomChecks } from "./room-checks.ts";

let here: RoomTest;
beforeAll(async () => {
  here = await openRoomTest();
});
afterAll(() => here.close());

/** The violations of this room alone, by their invariant. */
async function violations(eventId: EventId): Promise<[invariant: number, sentence: string][]> {
  const { redis } = here.shop;
  const roomSights = {
    countShoppers: (id: EventId) => countShoppers(redis, id),
    checkPlaces: (id: EventId) => checkPlaces(redis, id),
  };
  const checks = roomChecks({ ...here.shop, roomSights });
  const findings = await Promise.all(checks.map((check) => runCheck(check, async () => undefined, 2)));
  return findings.flatMap(({ invariant, violations }) =>
    violations
      .filter((sentence) => sentence.includes(eventId))
      .map((sentence): [number, string] => [invariant, sentence]),
  );
}

const names = ["ann", "bob", "cleo", "dan"];
const ann = identityFrom("test", "ann");

/** A room with four places, of which Ann has a turn and Bob is inside. */
async function runningRoom(cap = 2): Promise<{ eventId: EventId; keys: ReturnType<typeof roomKeys> }> {
  const eventId = await here.newRoom({ room: { draw: false, cap } });
  await publishRoom(here.publishing, eventId);
  for (const name of names) await here.join(eventId, name);
  const keys = roomKeys(eventId);
  await here.shop.redis.zadd(keys.turns, Date.now() + 60_000, ann);
  await here.shop.redis.zadd(keys.inside, Date.now() + 60_000, identityFrom("test", "bob"));
  return { eventId, keys };
}

test("a room in order is clean, and its places are counted", async () => {
  const { eventId } = await runningRoom();
  expect(await violations(eventId)).toEqual([]);
  const { redis } = here.shop;
  expect(await countShoppers(redis, eventId)).toEqual({ cap: 2, shoppers: 2 });
  expect(await checkPlaces(redis, eventId)).toMatchObject({ places: 4, suspects: [] });
});

test("a room that Redis does not have is no violation", async () => {
  expect(await violations(await here.newRoom())).toEqual([]);
});

test("more shoppers than the cap are found", async () => {
  const { eventId, keys } = await runningRoom(2);
  await here.shop.redis.zadd(keys.turns, Date.now() + 60_000, identityFrom("test", "cleo"));
  expect(await violations(eventId)).toEqual([
    [4, `the room of event ${eventId} has 3 shoppers with a cap of 2`],
  ]);
});

test("a cap that was lowered lately is no violation while those of before may be inside", async () => {
  const { eventId } = await runningRoom(2);
  await here.store.change(eventId, operator, (before) => {
    return { outcome: "changed", settings: { ...(before as object), cap: 1 } };
  });
  await publishRoom(here.publishing, eventId);
  expect(await violations(eventId)).toEqual([]);
});

test("an identity that has a turn and is inside is found", async () => {
  const { eventId, keys } = await runningRoom(3);
  await here.shop.redis.zadd(keys.inside, Date.now() + 60_000, ann);
  expect(await violations(eventId)).toEqual([
    [5, expect.stringContaining(`${ann} has a turn and is inside`)],
  ]);
});

test("a turn without a place is found", async () => {
  const { eventId, keys } = await runningRoom();
  await here.shop.redis.hdel(keys.places, ann);
  expect(await violations(eventId)).toEqual([[5, expect.stringContaining("no place")]]);
});

test("two identities with one number are found", async () => {
  const { eventId, keys } = await runningRoom();
  const place = await here.shop.redis.hget(keys.places, identityFrom("test", "cleo"));
  await here.shop.redis.hset(keys.places, identityFrom("test", "dan"), place ?? "");
  expect(await violations(eventId)).toEqual([[5, expect.stringContaining("the line has another there")]]);
});

test("numbers that Postgres does not know of are found", async () => {
  const { eventId } = await runningRoom();
  await here.shop.pool.query(
    "update rooms set marks = jsonb_set(marks, '{lanes,0,reserved}', '3') where event_id = $1",
    [eventId],
  );
  expect(await violations(eventId)).toEqual([[5, expect.stringContaining("has given 4, which is not kept")]]);
});

test("a lane that served more than it gave is found", async () => {
  const { eventId, keys } = await runningRoom();
  await here.shop.redis.hset(keys.settings, "lanes", "4 100000 5 0 0.000 -");
  expect(await violations(eventId)).toEqual([[5, expect.stringContaining("has served up to 5")]]);
});

test("a place that came back after the draw is known by its number in the line of the drawn", async () => {
  const { eventId, keys } = await runningRoom();
  const { redis } = here.shop;
  const drawnNumbers = Buffer.alloc(16);
  for (const entry of names.keys()) drawnNumbers.writeUInt32BE(names.length - entry, 4 * entry);
  const identities = names.map((name) => identityFrom("test", name));
  await redis.hset(keys.drawn, "0:0", drawnNumbers);
  await redis.hset(keys.line, "0d0", identities.toReversed().join(""), "0a0", "");
  expect(await violations(eventId)).toEqual([]);
  await redis.hset(keys.line, "0d0", identities.join(""));
  expect((await violations(eventId)).map(([invariant]) => invariant)).toEqual([5, 5, 5]);
});
