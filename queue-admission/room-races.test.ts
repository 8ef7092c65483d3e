import { afterAll, describe, expect, test } from "vitest";
import type { EventId } from "../foundation/ids.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { connectTestRedis } from "../test/harness/redis.ts";
import { type StepOrders, stepRoom, takeLease } from "./room-lease.ts";
import { openTestRoom, type TestRoom, visitor } from "./test-room.ts";

const redis = connectTestRedis();
afterAll(() => redis.quit());

const cap = 20;
const rounds = 60;
const short = { cap, turnWindowMs: 1_000, passMs: 2_000, absenceGraceMs: 1_000 };
const orders: StepOrders = {
  ratePerMinute: 60_000,
  freeSeats: undefined,
  soldOut: false,
  reserve: [],
  about: "",
};
const crowd = Array.from({ length: 120 }, (_, index) => `visitor-${index}`);

/** Steps the room as if it had the lease; says whether it was let. */
type Driver = (eventId: EventId) => Promise<boolean>;

describe("the cap", () => {
  test("is never exceeded by a storm of joins, turns, leaves and two drivers that fight for the lease", async () => {
    const room = await openTestRoom(redis, short);
    const seen = await storm(room, ["driver-a", "driver-b"].map(fencedDriver(room)));
    expect(seen.most).toBe(cap);
    expect(seen.admitted).toBeGreaterThan(2 * cap);
    expect(seen.refusedSteps).toBeGreaterThan(0);
  });

  test("is exceeded by the same storm where a driver checks first and admits then", async () => {
    const room = await openTestRoom(redis, short);
    const seen = await storm(room, unprotectedDrivers(room));
    expect(seen.most).toBeGreaterThan(cap);
  });
});

test("a driver that lost the lease changes nothing, and learns it at its next step", async () => {
  const room = await openTestRoom(redis);
  const [former, next] = ["driver-a", "driver-b"].map((driverId) => ({ redis, clock: room.clock, driverId }));
  if (former === undefined || next === undefined) throw new Error("two drivers are needed");
  const fence = (await takeLease(former, room.eventId)) ?? 0;
  expect(await takeLease(next, room.eventId)).toBeUndefined();
  await redis.del(roomKeys(room.eventId).lease);
  expect(await takeLease(next, room.eventId)).toBe(fence + 1);
  await room.join("ann");
  room.clock.nowMs += 250;
  await room.report();
  expect(await stepRoom(former, room.eventId, fence, orders)).toEqual(["fenced"]);
  expect(await stepRoom(former, room.eventId, fence + 1, orders)).toEqual(["fenced"]);
  expect((await room.occupied()).count).toBe(0);
  expect(await stepRoom(next, room.eventId, fence + 1, orders)).toMatchObject({ 0: "stepped", 4: 1 });
  await redis.del(roomKeys(room.eventId).lease);
  expect(await takeLease(former, room.eventId)).toBe(fence + 2);
  expect(await stepRoom(former, room.eventId, fence, orders)).toEqual(["fenced"]);
});

test("an identity that joins 100 times at once has one place and one number", async () => {
  const { rooms, eventId } = await openTestRoom(redis);
  const joins = await Promise.all(crowd.slice(0, 100).map(() => rooms.join(eventId, visitor("ann"))));
  expect(new Set(joins.map((join) => (join.outcome === "joined" ? numberOf(join.standing) : 0)))).toEqual(
    new Set([1]),
  );
  expect(joins.filter((join) => join.outcome === "joined" && join.fresh)).toHaveLength(1);
  expect(await redis.hlen(roomKeys(eventId).places)).toBe(1);
});

test("numbers never repeat, whoever joins, leaves and joins again at once", async () => {
  const { rooms, eventId } = await openTestRoom(redis, { paused: true });
  const numbers: number[] = [];
  const comeAndGo = async (name: string) => {
    for (let time = 0; time < 5; time += 1) {
      const join = await rooms.join(eventId, visitor(name));
      if (join.outcome === "joined" && join.fresh) numbers.push(numberOf(join.standing));
      await rooms.leave(eventId, visitor(name));
    }
  };
  await Promise.all(crowd.map(comeAndGo));
  expect(numbers.toSorted((left, right) => left - right)).toEqual(numbers.map((_, index) => index + 1));
});

function numberOf(standing: object): number {
  return "number" in standing && typeof standing.number === "number" ? standing.number : 0;
}

type Seen = { most: number; admitted: number; refusedSteps: number };

/** Everything at once, round after round; after each step the room is counted inside Redis. */
async function storm(room: TestRoom, drivers: readonly Driver[]): Promise<Seen> {
  const seen: Seen = { most: 0, admitted: 0, refusedSteps: 0 };
  for (let round = 0; round < rounds; round += 1) {
    room.clock.nowMs += 250;
    await room.report();
    await Promise.all([
      ...drivers.map(async (drive) => {
        if (!(await drive(room.eventId))) seen.refusedSteps += 1;
        seen.most = Math.max(seen.most, (await room.occupied()).count);
      }),
      ...crowd.map((name, index) => act(room, name, (index * 7 + round * 13) % 10, seen)),
    ]);
  }
  return seen;
}

async function act(
  { rooms, eventId, join }: TestRoom,
  name: string,
  choice: number,
  seen: Seen,
): Promise<void> {
  if (choice < 4) await join(name);
  if (choice >= 4 && choice < 8) {
    const taken = await rooms.takeTurn(eventId, visitor(name));
    if (taken.outcome === "admitted") seen.admitted += 1;
  }
  if (choice === 8) await rooms.leave(eventId, visitor(name));
}

/** Takes the lease by force at every step, so that the other driver's next step comes from one that lost it. */
function fencedDriver(room: TestRoom): (driverId: string) => Driver {
  return (driverId) => async (eventId) => {
    const holder = { redis, clock: room.clock, driverId };
    await redis.del(roomKeys(eventId).lease);
    const fence = (await takeLease(holder, eventId)) ?? 0;
    const reply = await stepRoom(holder, eventId, fence, orders);
    return reply[0] === "stepped";
  };
}

/** What our step does, in single commands: the free slots may be gone when they are filled. */
function unprotectedDrivers({ clock }: TestRoom): Driver[] {
  const offered = new Set<string>();
  const drive: Driver = async (eventId) => {
    const keys = roomKeys(eventId);
    await redis.zremrangebyscore(keys.turns, "-inf", clock.now());
    await redis.zremrangebyscore(keys.inside, "-inf", clock.now());
    const free = cap - (await redis.zcard(keys.turns)) - (await redis.zcard(keys.inside));
    const places = Object.entries(await redis.hgetall(keys.places));
    const waiting = places.filter(([, place]) => !offered.has(place)).slice(0, Math.max(0, free));
    for (const [, place] of waiting) offered.add(place);
    for (const [identity] of waiting)
      await redis.zadd(keys.turns, clock.now() + short.turnWindowMs, identity);
    return true;
  };
  return [drive, drive];
}
