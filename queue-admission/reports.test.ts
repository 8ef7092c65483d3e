import { afterAll, expect, test } from "vitest";
import { roomKeys } from "../foundation/redis/keys.ts";
import { connectTestRedis } from "../test/harness/redis.ts";
import { createPresence } from "./presence.ts";
import { openSettings, openTestRoom, type TestRoom } from "./test-room.ts";

const redis = connectTestRedis();
afterAll(() => redis.quit());

const names = Array.from({ length: 40 }, (_, index) => `person-${index + 1}`);

/** What a gateway says that last heard of this watermark. */
async function reportOf(
  { eventId, clock }: TestRoom,
  gateway: string,
  served: number,
  numbers: readonly number[],
): Promise<void> {
  const presence = createPresence({ window: 60, below: 10 });
  for (const number of numbers) presence.enter(0, number);
  const text = `${clock.nowMs + 60_000}\n${presence.size()}\n${presence.describe([served], clock.nowMs)}\n`;
  await redis.hset(roomKeys(eventId).reports, gateway, text);
}

const offered = async (room: TestRoom) =>
  (await room.occupied()).turns.map((name) => Number(name.split("-")[1])).toSorted((a, b) => a - b);

async function openWaiting(cap: number): Promise<TestRoom> {
  const room = await openTestRoom(redis, { cap });
  for (const name of names) await room.join(name);
  // From here on only what the gateways of a test say.
  for (let number = 1; number <= names.length; number += 1) room.presence.exit(0, number, 0);
  // Whoever has just joined counts as here, whatever is reported.
  room.clock.nowMs += openSettings.absenceGraceMs + 1_000;
  return room;
}

test("whoever is at any of the gateways is let in, and nobody else", async () => {
  const room = await openWaiting(100);
  await reportOf(room, "first", 0, [1, 7, 12, 13]);
  await reportOf(room, "second", 0, [2, 7, 30]);
  await reportOf(room, "third", 0, [18]);
  await room.step();
  expect(await offered(room)).toEqual([1, 2, 7, 12, 13, 18, 30]);
});

test("also where the gateways have not all heard of the same watermark", async () => {
  const room = await openWaiting(4);
  await reportOf(room, "first", 0, [1, 2, 3, 4, 9, 20]);
  await room.step();
  expect(await offered(room)).toEqual([1, 2, 3, 4]);
  await room.configure({ cap: 100 });
  await reportOf(room, "second", 4, [5, 20, 33]);
  await room.step();
  expect(await offered(room)).toEqual([1, 2, 3, 4, 5, 9, 20, 33]);
});
