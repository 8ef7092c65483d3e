import { afterAll, expect, test } from "vitest";
import { roomKeys } from "../foundation/redis/keys.ts";
import { connectTestRedis } from "../test/harness/redis.ts";
import { takeLease } from "./room-lease.ts";
import { openSettings, openTestRoom, visitor } from "./test-room.ts";

const redis = connectTestRedis();
afterAll(() => redis.quit());

test.each(["nan", "inf", "infinity", "e1", "null"])(
  "a lane named %s lets people in as any other",
  async (name) => {
    const room = await openTestRoom(redis, { lanes: [{ name, weight: 1 }] });
    await room.join("ann");
    await room.step();
    expect(await room.rooms.standing(room.eventId, visitor("ann"))).toMatchObject({
      outcome: "turn",
      lane: name,
    });
    const taken = await room.rooms.takeTurn(room.eventId, visitor("ann"));
    const pass = room.tokens.verify("pass", taken.outcome === "admitted" ? taken.pass : "");
    expect(pass).toMatchObject({ place: { lane: name } });
  },
);

test("a room that must be there is not made", async () => {
  const { control, eventId, clock } = await openTestRoom(redis);
  await redis.del(...Object.values(roomKeys(eventId)));
  expect(await control.configure(eventId, openSettings, { mustBeThere: true })).toBe("room_missing");
  expect(await control.isThere(eventId)).toBe(false);
  const holder = { redis, clock, driverId: "a driver" };
  expect(await takeLease(holder, eventId)).toBeUndefined();
});

test("a driver whose lease outlived the room takes the new one anew, with a number", async () => {
  const { configure, eventId, clock } = await openTestRoom(redis);
  const holder = { redis, clock, driverId: "a driver" };
  await takeLease(holder, eventId);
  await redis.del(roomKeys(eventId).settings);
  await configure({});
  expect(await takeLease(holder, eventId)).toBe(1);
  expect(await takeLease(holder, eventId)).toBe(1);
});
