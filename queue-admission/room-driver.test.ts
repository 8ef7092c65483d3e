import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../foundation/clock.ts";
import { connectRedis, type Redis } from "../foundation/redis/connect.ts";
import { openRoomsKey, roomKeys } from "../foundation/redis/keys.ts";
import { type RedisCluster, startRedisCluster } from "../launch/redis-server.ts";
import { startChild, type TestChild } from "../test/harness/child.ts";
import { waitFor } from "../test/harness/wait-for.ts";
import { createRoomDriver, type RoomDriver } from "./room-driver.ts";
import type { RoomSettings } from "./room-settings.ts";
import { createTestRecords } from "./test-records.ts";
import { openTestRoom, type TestRoom, visitor } from "./test-room.ts";

// A cluster of their own: a driver takes every room that it finds, also those of other tests.
const folder = mkdtempSync(join(tmpdir(), "onsale-drivers-"));
let cluster: RedisCluster;
let redis: Redis;
const drivers: RoomDriver[] = [];
const children: TestChild[] = [];

beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 3, folder, persist: false });
  redis = connectRedis(cluster.urls, pino({ level: "silent" }));
});
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.stop()));
  await Promise.all(children.splice(0).map((child) => child.kill("SIGKILL")));
  await redis.del(openRoomsKey);
});
afterAll(async () => {
  redis.disconnect();
  await cluster.stop();
  rmSync(folder, { recursive: true });
});

/** Driven by whoever drives; all who will join are here. */
async function openRoom(settings: Partial<RoomSettings> = {}): Promise<TestRoom> {
  const room = await openTestRoom(redis, settings);
  for (let number = 1; number <= 10; number += 1) room.presence.enter(0, number);
  await room.report();
  await redis.sadd(openRoomsKey, room.eventId);
  return room;
}

function startDriver(driverId: string, lines: string[] = [], records = createTestRecords()): RoomDriver {
  const logger = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const driver = createRoomDriver({ redis, clock: systemClock, logger, driverId, records });
  drivers.push(driver);
  driver.start();
  return driver;
}

async function startDriverProcess(driverId: string): Promise<TestChild> {
  const child = await startChild("queue-admission/test-driver.ts", {}, [driverId, cluster.urls.join(",")]);
  children.push(child);
  return child;
}

const leaseOf = (room: TestRoom) => redis.get(roomKeys(room.eventId).lease);
const hasTurn = async (room: TestRoom, name: string) => (await room.occupied()).turns.includes(name);

describe("a driver", () => {
  test("finds a room that is configured while it runs, and brings its turns", async () => {
    startDriver("driver-a");
    const room = await openRoom();
    await room.join("ann");
    await waitFor(() => hasTurn(room, "ann"), { what: "a turn", withinMs: 2_000 });
    expect(await leaseOf(room)).toBe("driver-a");
  });

  test("takes over and goes on while what is durable cannot be reached, and logs it", async () => {
    const away = () => Promise.reject(new Error("Postgres is away"));
    const lines: string[] = [];
    startDriver("driver-a", lines, { ...createTestRecords(), stock: away, keepMarks: away });
    const room = await openRoom();
    await room.join("ann");
    await waitFor(() => hasTurn(room, "ann"), { what: "a turn", withinMs: 2_000 });
    await waitFor(() => lines.some((line) => line.includes("Postgres is away")), {
      what: "the error",
      withinMs: 2_000,
    });
  });

  test("hands its leases back when it stops, and another goes on at once", async () => {
    const first = startDriver("driver-a");
    const room = await openRoom();
    await waitFor(async () => (await leaseOf(room)) === "driver-a", { what: "a driver", withinMs: 2_000 });
    await first.stop();
    expect(await leaseOf(room)).toBeNull();
    startDriver("driver-b");
    await waitFor(async () => (await leaseOf(room)) === "driver-b", {
      what: "the other driver",
      withinMs: 500,
    });
  });

  test("is not held up by a room that is broken, logs it with its event, and drives it once it is mended", async () => {
    const [broken, sound] = [await openRoom(), await openRoom()];
    await redis.set(roomKeys(broken.eventId).turns, "not a sorted set");
    const lines: string[] = [];
    startDriver("driver-a", lines);
    await sound.join("ann");
    await waitFor(() => hasTurn(sound, "ann"), { what: "a turn in the sound room", withinMs: 2_000 });
    const says = (text: string) => lines.some((line) => line.includes(text) && line.includes(broken.eventId));
    await waitFor(() => says("a step of the room failed"), {
      what: "the error of the room",
      withinMs: 2_000,
    });
    await redis.del(roomKeys(broken.eventId).turns);
    await broken.join("bob");
    await waitFor(() => hasTurn(broken, "bob"), { what: "a turn in the mended room", withinMs: 2_000 });
    expect(says("the room is driven again")).toBe(true);
  });

  test("lets a closed room go when it is empty, and takes it up when it opens again", async () => {
    const room = await openRoom({ closed: true });
    startDriver("driver-a");
    const isListed = async () => (await redis.sismember(openRoomsKey, room.eventId)) === 1;
    await waitFor(async () => !(await isListed()), { what: "the room to be let go", withinMs: 2_000 });
    await room.configure({ closed: false });
    await redis.sadd(openRoomsKey, room.eventId);
    await room.join("ann");
    await waitFor(() => hasTurn(room, "ann"), { what: "a turn", withinMs: 2_000 });
  });
});

test("a driver that is killed is followed by another within 2 s, and the cap holds", async () => {
  const room = await openRoom({ cap: 3 });
  const first = await startDriverProcess("driver-a");
  await waitFor(async () => (await leaseOf(room)) === "driver-a", {
    what: "the first driver",
    withinMs: 5_000,
  });
  await startDriverProcess("driver-b");
  await room.join("ann", "bob", "cyd", "dan");
  await waitFor(() => hasTurn(room, "cyd"), { what: "the first turns", withinMs: 2_000 });
  await room.rooms.takeTurn(room.eventId, visitor("ann"));

  await first.kill("SIGKILL");
  const killedAtMs = performance.now();
  await room.rooms.leave(room.eventId, visitor("ann"));
  let most = 0;
  const danHasTurn = async () => {
    const { turns, count } = await room.occupied();
    most = Math.max(most, count);
    return turns.includes("dan");
  };
  await waitFor(danHasTurn, { what: "a turn from the second driver", withinMs: 2_000 });
  expect(performance.now() - killedAtMs).toBeLessThan(2_000);
  expect(await leaseOf(room)).toBe("driver-b");
  expect(most).toBe(3);
});
