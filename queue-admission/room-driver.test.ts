import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { pino } from "pino";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../foundation/clock.ts";
import type { EventId } from "../foundation/ids.ts";
import { connectRedis } from "../foundation/redis/connect.ts";
import { openRoomsKey, roomKeys } from "../foundation/redis/keys.ts";
import { testRedisNodes } from "../test/harness/redis.ts";
import { waitFor } from "../test/harness/wait-for.ts";
import type { RoomSettings } from "./room.ts";
import { createRoomDriver, type RoomDriver } from "./room-driver.ts";
import { openSettings, openTestRoom, type TestRoom, visitor } from "./test-room.ts";

const redis = connectRedis(testRedisNodes());
const drivers: RoomDriver[] = [];
const processes: ChildProcess[] = [];
const eventIds: EventId[] = [];

afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.stop()));
  for (const child of processes.splice(0)) child.kill("SIGKILL");
  for (const eventId of eventIds.splice(0)) await redis.srem(openRoomsKey, eventId);
});
afterAll(() => redis.quit());

async function openRoom(settings: Partial<RoomSettings> = {}): Promise<TestRoom> {
  const room = await openTestRoom(redis);
  await room.rooms.configure(room.eventId, { ...openSettings, ...settings });
  eventIds.push(room.eventId);
  return room;
}

function startDriver(driverId: string, lines: string[] = []): RoomDriver {
  const logger = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const driver = createRoomDriver({ redis, clock: systemClock, logger, driverId });
  drivers.push(driver);
  driver.start();
  return driver;
}

async function forkDriver(driverId: string): Promise<ChildProcess> {
  const child = fork(new URL("test-driver.ts", import.meta.url), [driverId, testRedisNodes().join(",")]);
  processes.push(child);
  await once(child, "message");
  return child;
}

const leaseOf = (room: TestRoom) => redis.get(roomKeys(room.eventId).lease);
const hasTurn = async (room: TestRoom, name: string) => (await room.occupied()).turns.includes(name);

describe("a driver", () => {
  test("finds a room that is configured while it runs, and brings its turns", async () => {
    startDriver("driver-a");
    const room = await openRoom();
    await room.join("ann");
    await waitFor(() => hasTurn(room, "ann"), { withinMs: 2_000, what: "a turn" });
    expect(await leaseOf(room)).toBe("driver-a");
  });

  test("hands its leases back when it stops, and another goes on at once", async () => {
    const first = startDriver("driver-a");
    const room = await openRoom();
    await waitFor(async () => (await leaseOf(room)) === "driver-a", { withinMs: 2_000, what: "a driver" });
    await first.stop();
    expect(await leaseOf(room)).toBeNull();
    startDriver("driver-b");
    await waitFor(async () => (await leaseOf(room)) === "driver-b", {
      withinMs: 500,
      what: "the other driver",
    });
  });

  test("is not held up by a room that is broken, logs it with its event, and drives it once it is mended", async () => {
    const [broken, sound] = [await openRoom(), await openRoom()];
    await redis.set(roomKeys(broken.eventId).waiting, "not a sorted set");
    const lines: string[] = [];
    startDriver("driver-a", lines);
    await sound.join("ann");
    await waitFor(() => hasTurn(sound, "ann"), { withinMs: 2_000, what: "a turn in the sound room" });
    const says = (text: string) => lines.some((line) => line.includes(text) && line.includes(broken.eventId));
    await waitFor(() => says("a step of the room failed"), {
      withinMs: 2_000,
      what: "the error of the room",
    });
    await redis.del(roomKeys(broken.eventId).waiting);
    await broken.join("bob");
    await waitFor(() => hasTurn(broken, "bob"), { withinMs: 2_000, what: "a turn in the mended room" });
    expect(says("the room is driven again")).toBe(true);
  });

  test("lets a closed room go when it is empty, and takes it up when it opens again", async () => {
    const room = await openRoom({ state: "closed" });
    startDriver("driver-a");
    const isListed = async () => (await redis.sismember(openRoomsKey, room.eventId)) === 1;
    await waitFor(async () => !(await isListed()), { withinMs: 2_000, what: "the room to be let go" });
    await room.rooms.configure(room.eventId, openSettings);
    await room.join("ann");
    await waitFor(() => hasTurn(room, "ann"), { withinMs: 2_000, what: "a turn" });
  });
});

test("a driver that is killed is followed by another within 2 s, and the cap holds", async () => {
  const room = await openRoom({ cap: 3 });
  const first = await forkDriver("driver-a");
  await waitFor(async () => (await leaseOf(room)) === "driver-a", {
    withinMs: 5_000,
    what: "the first driver",
  });
  await forkDriver("driver-b");
  await room.join("ann", "bob", "cyd", "dan");
  await waitFor(() => hasTurn(room, "cyd"), { withinMs: 2_000, what: "the first turns" });
  await room.rooms.takeTurn(room.eventId, visitor("ann"));

  first.kill("SIGKILL");
  await once(first, "exit");
  const killedAtMs = performance.now();
  await room.rooms.leave(room.eventId, visitor("ann"));
  await waitFor(() => hasTurn(room, "dan"), { withinMs: 2_000, what: "a turn from the second driver" });
  expect(performance.now() - killedAtMs).toBeLessThan(2_000);
  expect(await leaseOf(room)).toBe("driver-b");
  expect((await room.occupied()).count).toBe(3);
});
