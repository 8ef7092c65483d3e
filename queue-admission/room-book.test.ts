import { afterAll, describe, expect, test } from "vitest";
import { limits } from "../foundation/limits.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { connectTestRedis } from "../test/harness/redis.ts";
import { createHealthWindow } from "./health-window.ts";
import type { Stock } from "./room.ts";
import { createRoomBook } from "./room-book.ts";
import { stepRoom, takeLease } from "./room-lease.ts";
import { parseRoomNews } from "./room-news.ts";
import type { RoomSettings } from "./room-settings.ts";
import { createTestRecords } from "./test-records.ts";
import { openTestRoom, visitor } from "./test-room.ts";

const redis = connectTestRedis();
afterAll(() => redis.quit());

/** A room that is driven by a book as the driver does it, a step at a time. */
async function openDrivenRoom(settings: Partial<RoomSettings> = {}, left?: Stock[]) {
  const room = await openTestRoom(redis, settings);
  const records = createTestRecords();
  records.left = left;
  const { eventId, clock, presence } = room;
  const holder = { redis, clock, driverId: "driver-of-the-test" };
  const keys = roomKeys(eventId);
  const book = await createRoomBook({ redis, clock, records }, eventId);
  const health = createHealthWindow(clock);

  async function drive(elapsedMs = 1_000) {
    clock.nowMs += elapsedMs;
    const served = Number((await redis.hget(keys.settings, "lanes"))?.split(" ")[2]);
    const here = presence.describe([served], clock.nowMs);
    const report = `${clock.nowMs + 60_000}\n1\n${here}\n${JSON.stringify(health.snapshot())}`;
    await redis.hset(keys.reports, "gateway-of-the-test", report);
    const fence = (await takeLease(holder, eventId)) ?? 0;
    const reply = await stepRoom(holder, eventId, fence, book.orders());
    if (reply[0] !== "stepped") throw new Error(reply[0]);
    book.observe(reply);
    await book.keep();
    return { state: reply[1], offered: reply[2].length };
  }

  const tick = async () => {
    const news = parseRoomNews((await redis.hget(keys.settings, "tick")) ?? "");
    if (news?.kind !== "tick") throw new Error("the room has not ticked");
    return news;
  };
  return { ...room, records, drive, tick, health, book };
}

const stock = (free: number, held: number): Stock[] => [
  { category: "Floor", priceMinor: "4500", currency: "EUR", free, held },
];

describe("the stock", () => {
  test("lets nobody in while nothing is free, says what is held, and admits the next when seats come back", async () => {
    const { records, join, drive, tick, occupied } = await openDrivenRoom({}, stock(0, 2));
    await join("ann", "bob");
    expect(await drive()).toEqual({ state: "open", offered: 0 });
    expect(await tick()).toMatchObject({ state: "open", soldOut: false, pulse: { stock: stock(0, 2) } });
    records.left = stock(1, 1);
    await drive();
    expect(await drive()).toMatchObject({ state: "open", offered: 1 });
    expect((await occupied()).turns).toEqual(["ann"]);
  });

  test("ends the room when it is final, releases everybody, and a refund opens it again in the old order", async () => {
    const { records, rooms, eventId, join, drive, tick, occupied } = await openDrivenRoom({}, stock(0, 1));
    await join("ann", "bob");
    expect(await drive()).toEqual({ state: "open", offered: 0 });
    records.left = stock(0, 0);
    await drive();
    await drive();
    expect(await drive()).toMatchObject({ state: "closed", offered: 0 });
    expect(await tick()).toMatchObject({ state: "closed", soldOut: true });
    const late = await rooms.join(eventId, visitor("cyd"));
    expect(late).toEqual({ outcome: "room_closed", state: "closed" });
    expect(await rooms.standing(eventId, visitor("ann"))).toMatchObject({ number: 1, state: "closed" });
    records.left = stock(1, 0);
    await drive();
    await drive();
    await drive();
    expect((await occupied()).turns).toEqual(["ann"]);
  });

  test("that nobody knows holds nobody back", async () => {
    const { join, drive } = await openDrivenRoom();
    await join("ann");
    expect(await drive()).toEqual({ state: "open", offered: 1 });
  });
});

describe("a change of the settings", () => {
  test("takes effect within two seconds of driving", async () => {
    const { configure, join, drive, tick } = await openDrivenRoom({ cap: 5, ratePerMinute: 60_000 });
    await drive();
    await join("ann", "bob");
    await configure({ cap: 1, paused: true, ratePerMinute: 120 });
    for (let elapsedMs = 0; elapsedMs < 2_000; elapsedMs += limits.room.stepMs)
      await drive(limits.room.stepMs);
    expect(await tick()).toMatchObject({ state: "paused", pulse: { ratePerMinute: 120 } });
    await configure({ cap: 1, ratePerMinute: 120 });
    for (let elapsedMs = 0; elapsedMs < 2_000; elapsedMs += limits.room.stepMs)
      await drive(limits.room.stepMs);
    expect((await tick()).lanes[0]).toMatchObject({ served: 1 });
  });
});

describe("proof of work", () => {
  test("is asked for always, or never, as the room says", async () => {
    for (const [proofOfWork, bits] of [
      ["on", limits.room.proofBits],
      ["off", 0],
    ] as const) {
      const { drive, tick } = await openDrivenRoom({ proofOfWork });
      await drive();
      expect((await tick()).pulse?.proofBits).toBe(bits);
    }
  });

  test("is asked for by itself when joins spike, more for more, and no more after it", async () => {
    const { drive, tick, eventId } = await openDrivenRoom({ proofOfWork: "automatic" });
    const joined = (count: number) => redis.hincrby(roomKeys(eventId).settings, "joined", count);
    await drive();
    await joined(limits.room.spikeJoinsPerSecond - 1);
    await drive();
    await drive();
    expect((await tick()).pulse?.proofBits).toBe(0);
    await joined(4 * limits.room.spikeJoinsPerSecond);
    await drive();
    await drive();
    expect((await tick()).pulse?.proofBits).toBe(limits.room.proofBits + 2);
    for (let passed = 0; passed <= limits.room.spikeMs + 2_000; passed += 2_000) await drive(2_000);
    expect((await tick()).pulse?.proofBits).toBe(0);
  });
});

describe("automatic pace", () => {
  const automatic = { pace: "automatic", ratePerMinute: 6_000, leastPerMinute: 60 } as const;

  test("falls at once when bookings fail or crawl, rises again by small steps, and stays within its limits", async () => {
    const { drive, tick, health } = await openDrivenRoom(automatic);
    const rate = async () => (await tick()).pulse?.ratePerMinute ?? 0;
    const live = async (seconds: number, tookMs: number, ok = true) => {
      for (let second = 0; second < seconds; second += 1) {
        for (let count = 0; count < 50; count += 1) health.record(tookMs, ok);
        await drive();
      }
    };
    await live(3, 20);
    expect(await rate()).toBe(6_000);
    await live(10, 3_000);
    const cut = await rate();
    expect(cut).toBeLessThanOrEqual(6_000 * 0.7);
    await live(90, 20, false);
    expect(await rate()).toBe(60);
    await live(60, 20);
    const risen = await rate();
    expect(risen).toBeGreaterThan(60);
    expect(risen).toBeLessThanOrEqual(6_000);
  });

  test("goes on where the last driver left it", async () => {
    const { drive, health, clock, records, eventId } = await openDrivenRoom(automatic);
    for (let second = 0; second < 12; second += 1) {
      for (let count = 0; count < 50; count += 1) health.record(20, false);
      await drive();
    }
    const next = await createRoomBook({ redis, clock, records }, eventId);
    expect(next.orders().ratePerMinute).toBeLessThanOrEqual(6_000 * 0.7);
  });
});

describe("what must not be forgotten", () => {
  test("covers every number before it is given, and grows ahead of those who join", async () => {
    const { drive, records, join } = await openDrivenRoom();
    await drive();
    await join("ann");
    await drive();
    await drive();
    const [lane] = records.marks?.lanes ?? [];
    expect(lane).toMatchObject({ name: "general", last: 1 });
    expect(lane?.reserved).toBeGreaterThanOrEqual(limits.room.reserveAhead);
  });

  test("runs short: nobody gets a number that is not covered, and all join again once it is", async () => {
    const { rooms, eventId, drive, records } = await openDrivenRoom();
    const keys = roomKeys(eventId);
    await redis.hset(keys.settings, "lanes", "100000 100000 0 0 0.000 -");
    expect(await rooms.join(eventId, visitor("ann"))).toEqual({ outcome: "busy" });
    await drive();
    await drive();
    expect(records.marks?.lanes[0]?.reserved).toBeGreaterThan(100_000);
    expect(await rooms.join(eventId, visitor("ann"))).toMatchObject({ standing: { number: 100_001 } });
  });
});
