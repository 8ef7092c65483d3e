import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { systemClock } from "../foundation/clock.ts";
import { hashCode } from "../foundation/code-hash.ts";
import { connectRedis, type Redis } from "../foundation/redis/connect.ts";
import { openRoomsKey, roomKeys } from "../foundation/redis/keys.ts";
import { type RedisCluster, startRedisCluster } from "../launch/redis-server.ts";
import { startChild } from "../test/harness/child.ts";
import { waitFor } from "../test/harness/wait-for.ts";
import { checkDraw } from "./draw/check-draw.ts";
import { drawSeedOf } from "./draw/draw-protocol.ts";
import type { HeldDraw } from "./draw/draw-record.ts";
import { shuffle } from "./draw/shuffle.ts";
import { createRoomDriver, type RoomDriver } from "./room-driver.ts";
import type { RoomSettings } from "./room-settings.ts";
import { createTestRecords } from "./test-records.ts";
import { identityOf, openTestRoom, type TestRoom, visitor } from "./test-room.ts";

// A cluster of their own: a driver takes every room that it finds, also those of other tests.
const folder = mkdtempSync(join(tmpdir(), "onsale-lobby-"));
let cluster: RedisCluster;
let redis: Redis;
const drivers: RoomDriver[] = [];

beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 1, folder, persist: false });
  redis = connectRedis(cluster.urls, pino({ level: "silent" }));
});
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.stop()));
  await redis.del(openRoomsKey);
});
afterAll(async () => {
  redis.disconnect();
  await cluster.stop();
  rmSync(folder, { recursive: true });
});

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** A lobby, whose clock stands still; `open` is its opening. */
async function openLobby(settings: Partial<RoomSettings> = {}) {
  const later = Date.now() + 3_600_000;
  const room = await openTestRoom(redis, { draw: true, opensAtMs: later, ...settings });
  await redis.sadd(openRoomsKey, room.eventId);
  const open = () => room.configure({ opensAtMs: room.clock.nowMs });
  return { room, open };
}

async function joinLobby(
  { rooms, eventId }: TestRoom,
  entrants: readonly string[],
  code?: string,
): Promise<void> {
  for (let from = 0; from < entrants.length; from += 5_000) {
    const some = entrants.slice(from, from + 5_000);
    const joins = await Promise.all(some.map((name) => rooms.join(eventId, visitor(name), { code })));
    expect(new Set(joins.map((join) => join.outcome === "joined" && join.standing.outcome))).toEqual(
      new Set(["lobby"]),
    );
  }
}

function startDriver(driverId: string) {
  const records = createTestRecords();
  const driver = createRoomDriver({
    redis,
    clock: systemClock,
    logger: pino({ level: "silent" }),
    driverId,
    records,
  });
  drivers.push(driver);
  driver.start();
  return records;
}

const isDrawn = async ({ eventId }: TestRoom) =>
  (await redis.hget(roomKeys(eventId).settings, "drawState")) === "done";

type Placed = { readonly name: string; readonly entry: number; readonly number: number };

/** The numbers, by the entries that joining in this order gave. */
async function numbersOf(
  { rooms, eventId, clock }: TestRoom,
  entrants: readonly string[],
): Promise<Placed[]> {
  clock.nowMs = Date.now();
  const standings = await Promise.all(entrants.map((name) => rooms.standing(eventId, visitor(name))));
  return standings.map((standing, index) => {
    if (!("number" in standing)) throw new Error(`${entrants[index]} has no number`);
    return { name: entrants[index] ?? "", entry: index + 1, number: standing.number };
  });
}

function numbersByRecord(record: HeldDraw, lane: string): number[] {
  const list = record.lanes.find((known) => known.lane === lane);
  if (list === undefined) throw new Error(`nobody was drawn in the lane ${lane}`);
  return [...shuffle(drawSeedOf({ ...record, ...list }), list.entrants).numbers];
}

test("the numbers are those that anybody computes from the record of the draw; who comes later is behind", async () => {
  const lanes = ["general", "fans"].map((name) => ({ name, weight: 1 }));
  const { room, open } = await openLobby({ lanes });
  const code = { hash: hashCode("FAN"), lane: "fans", uses: 40, endsAtMs: Number.MAX_SAFE_INTEGER };
  await room.configure({ lanes }, { codes: [code] });
  const [general, fans] = [names("general", 300), names("fan", 40)];
  await joinLobby(room, general);
  await joinLobby(room, fans, "FAN");
  const records = startDriver("driver-a");
  await open();
  await waitFor(() => isDrawn(room), { what: "the draw" });
  const { draw } = records;
  if (draw === undefined) throw new Error("the draw was not kept");
  for (const [lane, entrants] of Object.entries({ general, fans })) {
    const placed = await numbersOf(room, entrants);
    expect(placed.map(({ number }) => number)).toEqual(numbersByRecord(draw, lane));
    expect(placed.map(({ number }) => number)).not.toEqual(placed.map(({ entry }) => entry));
    for (const { name, entry, number } of placed.slice(0, 10)) {
      const claim = { eventId: room.eventId, lane, entry, number, identity: identityOf(name) };
      expect(checkDraw(draw, claim)).toEqual({ outcome: "fair", number });
    }
  }
  const late = await room.rooms.join(room.eventId, visitor("late"));
  expect(late).toMatchObject({ standing: { outcome: "waiting", number: 301 } });
});

test("a driver that is killed in the middle of a draw of 50,000 is followed by one that gives the same numbers", async () => {
  const { room, open } = await openLobby();
  const entrants = names("many", 50_000);
  await joinLobby(room, entrants);
  const keys = roomKeys(room.eventId);
  await open();
  await startChild("queue-admission/test-driver.ts", {}, ["driver-a", cluster.urls.join(","), "keepDraw"]);
  await waitFor(() => redis.hget(keys.drawn, "0:0"), { what: "the first numbers" });
  const written = await redis.hgetallBuffer(keys.drawn);

  await waitFor(async () => (await redis.exists(keys.lease)) === 0, { what: "the end of the lease" });
  expect(await isDrawn(room)).toBe(false);
  const beganMs = performance.now();
  const records = startDriver("driver-b");
  await waitFor(() => isDrawn(room), { what: "the draw", withinMs: 20_000 });
  process.stdout.write(`50,000 entrants were drawn in ${Math.round(performance.now() - beganMs)} ms\n`);
  for (const [field, chunk] of Object.entries(written))
    expect(await redis.hgetBuffer(keys.drawn, field)).toEqual(chunk);
  if (records.draw === undefined) throw new Error("the draw was not kept");
  const some = entrants.filter((_, index) => index % 50 === 0);
  const byRecord = numbersByRecord(records.draw, "general");
  const placed = await numbersOf(room, some);
  expect(placed.map(({ number }) => number)).toEqual(some.map((_, index) => byRecord[index * 50]));
}, 60_000);

test("a place that is left in the lobby costs nothing: the others have their turns at once, in the order of the draw", async () => {
  const { room, open } = await openLobby({ cap: 15 });
  const entrants = names("one", 30);
  await joinLobby(room, entrants);
  const [gone, here] = [entrants.slice(0, 15), entrants.slice(15)];
  startDriver("driver-a");
  for (const name of gone) expect(await room.rooms.leave(room.eventId, visitor(name))).toBe("left");
  for (let number = 1; number <= 30; number += 1) room.presence.enter(0, number);
  await room.report();
  await open();
  await waitFor(async () => (await room.occupied()).turns.length === 15, {
    what: "all turns",
    withinMs: 5_000,
  });
  expect((await room.occupied()).turns.toSorted()).toEqual(here.toSorted());
});

test("who leaves the lobby and joins again has one number of the draw, that of the last entry", async () => {
  const { room, open } = await openLobby({ cap: 1 });
  const others = names("other", 5);
  await joinLobby(room, others);
  for (let time = 0; time < 10; time += 1) {
    await joinLobby(room, ["ann"]);
    if (time < 9) await room.rooms.leave(room.eventId, visitor("ann"));
  }
  for (let number = 1; number <= 15; number += 1) room.presence.enter(0, number);
  startDriver("driver-a");
  await room.report();
  await open();
  await waitFor(() => isDrawn(room), { what: "the draw" });
  const placed = await numbersOf(room, [...others, "ann"]);
  const order = placed.toSorted((left, right) => left.number - right.number).map(({ name }) => name);
  for (const name of order) {
    await waitFor(async () => (await room.occupied()).turns.length === 1, { what: "a turn" });
    expect((await room.occupied()).turns).toEqual([name]);
    await room.rooms.leave(room.eventId, visitor(name));
  }
});

test("nobody is stepped over right after the draw: the gateways have to learn the numbers first", async () => {
  // The entrants joined long ago, and no gateway says yet who of them is here.
  const { room, open } = await openLobby({ cap: 5, absenceGraceMs: 3_000 });
  room.clock.nowMs -= 60_000;
  await joinLobby(room, names("one", 10));
  room.clock.nowMs += 60_000;
  await room.report([0]);
  startDriver("driver-a");
  await open();
  await waitFor(() => isDrawn(room), { what: "the draw" });
  const served = async () =>
    Number((await redis.hget(roomKeys(room.eventId).settings, "lanes"))?.split(" ")[2]);
  const steps = async () => Number(await redis.hget(roomKeys(room.eventId).settings, "nowMs"));
  const drawnAtMs = await steps();
  await waitFor(async () => (await steps()) > drawnAtMs + 1_000, { what: "a second of steps" });
  expect(await served()).toBe(0);
  for (const number of [2, 3]) room.presence.enter(0, number);
  await room.report([0]);
  await waitFor(async () => (await room.occupied()).turns.length === 2, {
    what: "turns after the grace",
    withinMs: 6_000,
  });
  expect(await served()).toBeGreaterThanOrEqual(3);
});

test("a lobby without anybody opens", async () => {
  const { room, open } = await openLobby();
  startDriver("driver-a");
  await open();
  await waitFor(() => isDrawn(room), { what: "the opening", withinMs: 2_000 });
  expect(await room.rooms.join(room.eventId, visitor("ann"))).toMatchObject({ standing: { number: 1 } });
});
