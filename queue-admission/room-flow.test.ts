import { afterAll, describe, expect, test } from "vitest";
import { connectTestRedis } from "../test/harness/redis.ts";
import { openTestRoom, type TestRoom, visitor } from "./test-room.ts";

const redis = connectTestRedis();
afterAll(() => redis.quit());

const crowd = (size: number) => Array.from({ length: size }, (_, index) => `visitor-${index}`);

async function offeredBySteps({ step }: TestRoom, steps: number, everyMs: number): Promise<number[]> {
  const offered: number[] = [];
  for (let count = 0; count < steps; count += 1) {
    const reply = await step(everyMs);
    if (reply[0] !== "stepped") throw new Error(reply[0]);
    offered.push(reply[2].length);
  }
  return offered;
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

describe("the rate", () => {
  test("flows evenly: 240 a minute are one each 250 ms", async () => {
    const room = await openTestRoom(redis, { cap: 1_000, ratePerMinute: 240 });
    await room.join(...crowd(60));
    await room.step();
    expect(await offeredBySteps(room, 40, 250)).toEqual(Array(40).fill(1));
  });

  test("is kept where a step's share is a fraction: 90 a minute", async () => {
    const room = await openTestRoom(redis, { cap: 1_000, ratePerMinute: 90 });
    await room.join(...crowd(100));
    const offered = await offeredBySteps(room, 240, 250);
    expect(Math.max(...offered)).toBe(1);
    expect(sum(offered)).toBeGreaterThanOrEqual(89);
    expect(sum(offered)).toBeLessThanOrEqual(91);
  });

  test("does not burst after a minute without a driver, nor after a minute without a free slot", async () => {
    const room = await openTestRoom(redis, { cap: 20, ratePerMinute: 600 });
    await room.join(...crowd(60));
    expect(sum(await offeredBySteps(room, 1, 60_000))).toBeLessThanOrEqual(6);
    await offeredBySteps(room, 20, 250);
    await Promise.all(crowd(20).map((name) => room.rooms.leave(room.eventId, visitor(name))));
    expect(sum(await offeredBySteps(room, 1, 250))).toBeLessThanOrEqual(6);
  });

  test("makes up for a step that comes late", async () => {
    const room = await openTestRoom(redis, { cap: 1_000, ratePerMinute: 600 });
    await room.join(...crowd(60));
    await room.step();
    expect(sum(await offeredBySteps(room, 10, 400))).toBe(40);
  });

  test("saves nothing while the room is paused", async () => {
    const room = await openTestRoom(redis, { ratePerMinute: 6, paused: true });
    await room.join("ann");
    await offeredBySteps(room, 50, 250);
    await room.configure({ paused: false });
    expect(await offeredBySteps(room, 1, 250)).toEqual([0]);
  });
});

describe("time in a room", () => {
  test("never runs backwards: a driver with a slow clock ends nothing twice and lets nobody in early", async () => {
    const room = await openTestRoom(redis, { cap: 1, turnWindowMs: 5_000 });
    await room.join("ann", "bob");
    await room.step(10_000);
    await room.step(-8_000);
    expect(await room.rooms.standing(room.eventId, visitor("ann"))).toMatchObject({ outcome: "turn" });
    expect((await room.occupied()).turns).toEqual(["ann"]);
    const taken = await room.rooms.takeTurn(room.eventId, visitor("ann"));
    expect(taken).toMatchObject({ endsAtMs: room.clock.nowMs + 8_000 + 60_000 });
  });
});

describe("a position", () => {
  test("is the number less the watermark, and an upper bound where somebody ahead has left", async () => {
    const room = await openTestRoom(redis, { cap: 1 });
    await room.join("ann", "bob", "cyd", "dan");
    await room.rooms.leave(room.eventId, visitor("cyd"));
    await room.step();
    expect(await room.rooms.standing(room.eventId, visitor("dan"))).toMatchObject({ number: 4, ahead: 2 });
    await room.rooms.leave(room.eventId, visitor("bob"));
    await room.step();
    expect(await room.rooms.standing(room.eventId, visitor("dan"))).toMatchObject({ number: 4, ahead: 0 });
  });

  test("never grows, whoever comes and goes", async () => {
    const room = await openTestRoom(redis, { cap: 3, turnWindowMs: 1_000 });
    await room.join(...crowd(30), "ann");
    let before = 30;
    while (before > 0) {
      await room.rooms.leave(room.eventId, visitor(`visitor-${before % 30}`));
      await room.join(`late-${before}`);
      await room.step();
      const standing = await room.rooms.standing(room.eventId, visitor("ann"));
      if (standing.outcome !== "waiting") break;
      expect(standing.ahead).toBeLessThanOrEqual(before);
      before = standing.ahead;
    }
    expect(await room.rooms.standing(room.eventId, visitor("ann"))).toMatchObject({ number: 31 });
  });
});
