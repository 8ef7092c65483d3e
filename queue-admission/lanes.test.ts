import { afterAll, describe, expect, test } from "vitest";
import { hashCode } from "../foundation/code-hash.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { connectTestRedis } from "../test/harness/redis.ts";
import { aheadOf, parseLanes } from "./lanes.ts";
import { openTestRoom, type TestRoom, visitor } from "./test-room.ts";

const redis = connectTestRedis();
afterAll(() => redis.quit());

const hour = 3_600_000;

/** A room whose lanes have a code of their own each, after the first; everybody is here. */
async function openLanes(weights: readonly number[], cap: number): Promise<TestRoom> {
  const lanes = weights.map((weight, index) => ({ name: `lane-${index}`, weight }));
  const room = await openTestRoom(redis, {
    lanes,
    cap,
    ratePerMinute: 1_000_000,
    turnWindowMs: hour,
    passMs: hour,
  });
  const endsAtMs = room.clock.nowMs + hour;
  const codes = lanes
    .slice(1)
    .map(({ name }) => ({ hash: hashCode(name), lane: name, uses: 100_000, endsAtMs }));
  await room.configure({}, { codes });
  return room;
}

async function joinLane({ rooms, eventId, presence }: TestRoom, lane: number, count: number): Promise<void> {
  const code = lane === 0 ? undefined : `lane-${lane}`;
  const names = Array.from({ length: count }, (_, index) => visitor(`lane-${lane}-${index}`));
  await Promise.all(names.map((name) => rooms.join(eventId, name, { code })));
  for (let number = 1; number <= count; number += 1) presence.enter(lane, number);
}

async function servedOf({ eventId }: TestRoom): Promise<number[]> {
  const text = (await redis.hget(roomKeys(eventId).settings, "lanes")) ?? "";
  return parseLanes(text, "").map(({ served }) => served);
}

describe("lanes", () => {
  test("have their weights' shares within 2% while all of them have people, however few turns a step offers", async () => {
    for (const turns of [1, 7, 100]) {
      const room = await openLanes([5, 3, 2], turns);
      for (const lane of [0, 1, 2]) await joinLane(room, lane, 600);
      for (let given = turns; given <= 700; given += turns) {
        await room.step(250);
        await room.configure({ cap: given + turns });
      }
      const served = await servedOf(room);
      const sum = served.reduce((total, count) => total + count, 0);
      const shares = served.map((count) => (100 * count) / sum);
      for (const [lane, share] of [50, 30, 20].entries())
        expect(Math.abs((shares[lane] ?? 0) - share)).toBeLessThanOrEqual(2);
    }
  });

  test("never starve: beside a weight of 1,000 a weight of 1 has every 1,001st turn", async () => {
    const room = await openLanes([1, 1_000], 2_002);
    await joinLane(room, 0, 50);
    await joinLane(room, 1, 3_000);
    for (let count = 0; count < 3; count += 1) await room.step(250);
    expect(await servedOf(room)).toEqual([2, 2_000]);
  });

  test("that are empty, or whose people are away, leave their share to the others", async () => {
    const room = await openLanes([1, 1, 8], 20);
    await joinLane(room, 0, 30);
    await joinLane(room, 1, 30);
    await joinLane(room, 2, 30);
    for (let number = 1; number <= 30; number += 1) room.presence.exit(2, number, 0);
    await room.step(16_000);
    expect((await room.occupied()).count).toBe(20);
    expect((await servedOf(room)).slice(0, 2)).toEqual([10, 10]);
  });

  test("save nothing while they are empty: who comes then has the share from then on, and no more", async () => {
    const room = await openLanes([1, 1], 100);
    await joinLane(room, 0, 300);
    await room.step();
    await joinLane(room, 1, 300);
    await room.configure({ cap: 120 });
    await room.step();
    expect(await servedOf(room)).toEqual([110, 10]);
  });
});

describe("a code", () => {
  async function openCoded(uses: number) {
    const room = await openLanes([1, 1], 10);
    const { clock } = room;
    const code = { hash: hashCode("GOLD"), lane: "lane-1", uses, endsAtMs: clock.nowMs + hour };
    await room.configure({}, { codes: [code] });
    const join = (name: string, given = "GOLD") =>
      room.rooms.join(room.eventId, visitor(name), { code: given });
    return { ...room, join };
  }

  const crowd = Array.from({ length: 50 }, (_, index) => `visitor-${index}`);

  test.each([1, 7])("for %i is used so often by 50 at once, and then it is spent", async (uses) => {
    const { join, eventId } = await openCoded(uses);
    const outcomes = (await Promise.all(crowd.map((name) => join(name)))).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === "joined")).toHaveLength(uses);
    expect(outcomes.filter((outcome) => outcome === "code_spent")).toHaveLength(50 - uses);
    expect(await redis.hlen(roomKeys(eventId).places)).toBe(uses);
  });

  test("is not used up by who has a place already, nor moves that place", async () => {
    const { join, rooms, eventId } = await openCoded(1);
    await rooms.join(eventId, visitor("ann"));
    expect(await join("ann")).toMatchObject({ fresh: false, standing: { lane: "lane-0", number: 1 } });
    expect(await join("bob")).toMatchObject({ fresh: true, standing: { lane: "lane-1", number: 1 } });
    expect(await join("bob")).toMatchObject({ fresh: false, standing: { lane: "lane-1", number: 1 } });
    expect(await join("cyd")).toEqual({ outcome: "code_spent" });
  });

  test("is the same in small letters and with spaces around it; another one is wrong", async () => {
    const { join } = await openCoded(5);
    expect(await join("ann", " gold ")).toMatchObject({ outcome: "joined" });
    expect(await join("bob", "SILVER")).toEqual({ outcome: "code_wrong" });
  });

  test("is worth nothing from its end on", async () => {
    const { join, clock } = await openCoded(5);
    clock.nowMs += hour - 1;
    expect(await join("ann")).toMatchObject({ outcome: "joined" });
    clock.nowMs += 1;
    expect(await join("bob")).toEqual({ outcome: "code_wrong" });
  });

  test("that was used stays used when the room is configured again with it", async () => {
    const { join, configure, clock } = await openCoded(1);
    await join("ann");
    const again = { hash: hashCode("GOLD"), lane: "lane-1", uses: 1, endsAtMs: clock.nowMs + hour };
    await configure({}, { codes: [again] });
    expect(await join("bob")).toEqual({ outcome: "code_spent" });
  });

  test("is not used by a join that is refused for its proof of work", async () => {
    const { rooms, eventId, join, clock } = await openCoded(1);
    const proof = { proofId: "a proof", endsAtMs: clock.nowMs + hour };
    expect(await rooms.join(eventId, visitor("ann"), { proof })).toMatchObject({ outcome: "joined" });
    const again = await rooms.join(eventId, visitor("bob"), { code: "GOLD", proof });
    expect(again).toEqual({ outcome: "proof_spent" });
    expect(await join("cyd")).toMatchObject({ outcome: "joined" });
  });
});

test("what lies ahead is counted without the numbers that were never given", () => {
  const [lane] = parseLanes("300 400 10 0 0.000 21-30,101-200", "general");
  if (lane === undefined) throw new Error("there is no lane");
  expect(lane).toMatchObject({ name: "general", last: 300, reserved: 400, served: 10 });
  expect([10, 11, 12, 21, 31, 41, 201].map((number) => aheadOf(number, lane))).toEqual([
    0, 0, 1, 10, 10, 20, 80,
  ]);
  expect(aheadOf(201, { ...lane, served: 150 })).toBe(0);
});
