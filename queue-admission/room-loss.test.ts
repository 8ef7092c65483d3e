import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EventId } from "../foundation/ids.ts";
import { connectRedis, type Redis } from "../foundation/redis/connect.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { createTokens } from "../foundation/tokens.ts";
import { type RedisCluster, startRedisCluster } from "../launch/redis-server.ts";
import { waitFor } from "../test/harness/wait-for.ts";
import { parseLanes } from "./lanes.ts";
import { createRoomDraw } from "./room-draw.ts";
import { takeLease } from "./room-lease.ts";
import type { RoomMarks } from "./room-records.ts";
import { createTestRecords } from "./test-records.ts";
import { openTestRoom, type TestRoom, visitor } from "./test-room.ts";

// A server of their own: these tests kill it and empty it.
const folder = mkdtempSync(join(tmpdir(), "onsale-loss-"));
let cluster: RedisCluster;
let redis: Redis;

beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 1, folder, persist: true });
  redis = connectRedis(cluster.urls, pino({ level: "silent" }));
});
afterAll(async () => {
  redis.disconnect();
  await cluster.stop();
  rmSync(folder, { recursive: true });
});

/** What is written from now on is lost in a crash. */
async function stopKeeping(): Promise<void> {
  await Promise.all(redis.nodes("master").map((node) => node.config("SET", "appendonly", "no")));
}

async function crashAndRestart(): Promise<void> {
  const ports = cluster.nodes.map(({ port }) => port);
  for (const { process: server } of cluster.nodes) process.kill(server.pid, "SIGKILL");
  await cluster.stop();
  cluster = await startRedisCluster({ masters: 1, folder, persist: true, ports });
  const answers = () =>
    redis.get("{any}").then(
      () => true,
      () => false,
    );
  await waitFor(answers, { what: "the server to be there again" });
}

/** Until the driver has kept more, all numbers that can have been given count as given, and nobody may join. */
async function extendReserve(room: TestRoom): Promise<void> {
  expect(await room.rooms.join(room.eventId, visitor("zoe"))).toEqual({ outcome: "busy" });
  await room.step(0, { reserve: [200_000] });
}

async function flushAll(): Promise<void> {
  await Promise.all(redis.nodes("master").map((node) => node.flushall()));
}

/** Everybody who joins is here, and has a receipt. */
async function joinAll(room: TestRoom, ...names: string[]): Promise<Map<string, string>> {
  const receipts = new Map<string, string>();
  for (const name of names) {
    const joined = await room.rooms.join(room.eventId, visitor(name));
    if (joined.outcome !== "joined") throw new Error(`${name} may not join: ${joined.outcome}`);
    receipts.set(name, joined.receipt);
    const { standing } = joined;
    if ("number" in standing) room.presence.enter(0, standing.number);
  }
  return receipts;
}

const restore = async ({ rooms, eventId }: TestRoom, name: string, receipts: Map<string, string>) =>
  (await rooms.restore(eventId, visitor(name), receipts.get(name) ?? "")).outcome;

async function numberOf({ rooms, eventId }: TestRoom, name: string): Promise<number | undefined> {
  const standing = await rooms.standing(eventId, visitor(name));
  return "number" in standing ? standing.number : undefined;
}

async function takePass({ rooms, eventId, tokens }: TestRoom, name: string) {
  const taken = await rooms.takeTurn(eventId, visitor(name));
  const claims = taken.outcome === "admitted" ? tokens.verify("pass", taken.pass) : undefined;
  if (taken.outcome !== "admitted" || claims === undefined) throw new Error(`${name} has no turn`);
  return { ...claims, endsAtMs: taken.endsAtMs };
}

const offeredIn = async (room: TestRoom, elapsedMs: number) => (await room.step(elapsedMs))[2]?.length;

describe("a restart that lost the last writes", () => {
  const kept = ["ann", "bob", "cyd", "dan", "eve"];
  const lost = ["fay", "gus", "hal"];

  /** ann is inside, bob took a turn that is forgotten as taken, eve's turn and pass are forgotten, dan left. */
  async function crashedRoom() {
    const room = await openTestRoom(redis, { cap: 4, absenceGraceMs: 5_000, turnWindowMs: 30_000 });
    const receipts = await joinAll(room, ...kept);
    await room.step();
    const passes = { ann: await takePass(room, "ann") };
    await room.rooms.leave(room.eventId, visitor("dan"));
    await stopKeeping();
    await room.step();
    const forgotten = { bob: await takePass(room, "bob"), eve: await takePass(room, "eve") };
    for (const [name, receipt] of await joinAll(room, ...lost)) receipts.set(name, receipt);
    await crashAndRestart();
    await extendReserve(room);
    return { room, receipts, passes: { ...passes, ...forgotten } };
  }

  test("gives no number twice, and each receipt its place, once; nobody comes in during the grace, and never more than the cap", async () => {
    const { room, receipts, passes } = await crashedRoom();
    expect((await room.occupied()).turns.toSorted()).toEqual(["bob", "cyd"]);
    await joinAll(room, "ida", "joe");
    expect(await numberOf(room, "ida")).toBe(100_001);
    expect(await numberOf(room, "fay")).toBeUndefined();

    const storm = await Promise.all(Array.from({ length: 20 }, () => restore(room, "fay", receipts)));
    expect(storm.toSorted()).toEqual([...Array(19).fill("known"), "restored"]);
    expect(await restore(room, "gus", receipts)).toBe("restored");
    expect(await Promise.all(["fay", "gus"].map((name) => numberOf(room, name)))).toEqual([6, 7]);
    expect(await restore(room, "ann", receipts)).toBe("known");
    expect(await restore(room, "dan", receipts)).toBe("receipt_spent");
    await room.rooms.leave(room.eventId, visitor("gus"));
    expect(await restore(room, "gus", receipts)).toBe("receipt_spent");

    const { rooms, eventId } = room;
    expect(await rooms.readmit(eventId, passes.ann)).toEqual({ outcome: "readmitted" });
    expect(await rooms.readmit(eventId, passes.eve)).toEqual({ outcome: "readmitted" });
    expect(await rooms.readmit(eventId, passes.bob)).toEqual({ outcome: "readmitted" });
    expect(await room.occupied()).toMatchObject({ turns: ["cyd"], count: 4 });
    expect(await rooms.standing(eventId, visitor("eve"))).toMatchObject({ outcome: "inside", number: 5 });

    expect(await offeredIn(room, 250)).toBe(0);
    await room.configure({ cap: 5 });
    expect(await offeredIn(room, 4_000)).toBe(0);
    expect(await offeredIn(room, 1_000)).toBe(1);
    expect((await room.occupied()).turns.toSorted()).toEqual(["cyd", "fay"]);
    await rooms.leave(eventId, visitor("eve"));
    expect(await rooms.readmit(eventId, passes.eve)).toEqual({ outcome: "pass_over" });
    expect(await restore(room, "eve", receipts)).toBe("receipt_spent");
  });

  test("has no slot for a pass of before once others are inside, and none for one that ended", async () => {
    const { room, passes } = await crashedRoom();
    const { rooms, eventId, clock } = room;
    await joinAll(room, "ida", "joe", "kim");
    await room.step(0);
    clock.nowMs += 5_000;
    expect(await offeredIn(room, 400)).toBe(1);
    await takePass(room, "eve");
    expect((await room.occupied()).count).toBe(4);
    expect(await rooms.readmit(eventId, passes.eve)).toEqual({ outcome: "pass_over" });
    await rooms.leave(eventId, visitor("bob"));
    await waitFor(async () => (await offeredIn(room, 250)) === 1, { what: "the turn of somebody else" });
    expect((await room.occupied()).count).toBe(4);
    expect(await rooms.readmit(eventId, passes.bob)).toEqual({ outcome: "full" });
    clock.nowMs = passes.bob.endsAtMs;
    expect(await rooms.readmit(eventId, passes.bob)).toEqual({ outcome: "pass_over" });
  });

  test("numbers passes anew, so that an earlier one is never taken for a later one", async () => {
    const { room, passes } = await crashedRoom();
    room.presence.enter(0, 3);
    await room.step(250);
    const later = await takePass(room, "cyd");
    expect(later.incarnation).toBe(2);
    expect(Object.values(passes).map(({ passNumber }) => passNumber)).toEqual([1, 2, 3]);
    expect(later.passNumber).toBeGreaterThan(1_000_000);
  });

  test("gives nothing for a receipt that is bound to another device's key, and says so", async () => {
    const { room, receipts } = await crashedRoom();
    const withKey = { ...visitor("hal"), jkt: "another key" };
    const restored = await room.rooms.restore(room.eventId, withKey, receipts.get("hal") ?? "");
    expect(restored).toEqual({ outcome: "other_device" });
    expect(await restore(room, "hal", receipts)).toBe("restored");
  });

  test("gives nothing for a forged receipt, for that of somebody else, and for that of another room", async () => {
    const { room, receipts } = await crashedRoom();
    const other = await openTestRoom(redis);
    const forger = createTokens("another secret, as long as the real one is");
    const { eventId } = room;
    const incarnation = 1;
    const claims = { eventId, ...visitor("hal"), incarnation, lane: "general", entry: 8, joinedAtMs: 0 };
    const forged = new Map([["hal", forger.sign("receipt", claims, Date.now() + 60_000)]]);
    expect(await restore(room, "hal", forged)).toBe("receipt_wrong");
    expect(await restore(room, "ida", new Map([["ida", receipts.get("hal") ?? ""]]))).toBe("receipt_wrong");
    expect(await restore(other, "hal", receipts)).toBe("receipt_wrong");
    const early = room.tokens.sign("receipt", { ...claims, entry: 100_001 }, Date.now() + 60_000);
    expect(await restore(room, "hal", new Map([["hal", early]]))).toBe("receipt_wrong");
    const twice = room.tokens.sign("receipt", { ...claims, entry: 1 }, Date.now() + 60_000);
    expect(await restore(room, "hal", new Map([["hal", twice]]))).toBe("receipt_wrong");
    expect(await restore(room, "hal", receipts)).toBe("restored");
  });

  test("in the lobby: the entries stay, and all who come back are drawn", async () => {
    const opensAtMs = Date.now() + 3_600_000;
    const room = await openTestRoom(redis, { draw: true, opensAtMs });
    const receipts = await joinAll(room, ...kept);
    await stopKeeping();
    for (const [name, receipt] of await joinAll(room, ...lost)) receipts.set(name, receipt);
    await crashAndRestart();
    await joinAll(room, "ida");
    for (const name of lost) expect(await restore(room, name, receipts)).toBe("restored");
    expect(await entriesOf(room, [...kept, ...lost])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    room.clock.nowMs = opensAtMs;
    await draw(room, createTestRecords());
    const numbers = await Promise.all([...kept, ...lost, "ida"].map((name) => numberOf(room, name)));
    expect(new Set(numbers).size).toBe(9);
    expect(Math.max(...numbers.map(Number))).toBeLessThanOrEqual(1_006);
    const aheads = await aheadsOf(room, [...kept, ...lost, "ida"]);
    for (const [others, ahead] of aheads.entries()) expect(ahead).toBeGreaterThanOrEqual(others);
  });

  /** As after a restart that nobody expected: another server, which saved at another time. */
  const restarted = ({ eventId }: TestRoom) =>
    redis.hset(roomKeys(eventId).settings, "savedAt", "1", "server", "f00d");

  const laneOf = async ({ eventId }: TestRoom) =>
    parseLanes((await redis.hget(roomKeys(eventId).settings, "lanes")) ?? "", "general")[0];

  test("in a lobby that was busy: nothing of three of its fastest seconds is given again, and no more is skipped", async () => {
    const opensAtMs = Date.now() + 3_600_000;
    const room = await openTestRoom(redis, { draw: true, opensAtMs });
    await room.step();
    await joinAll(room, ...Array.from({ length: 400 }, (_, index) => `visitor-${index}`));
    await room.step(1_000);
    await room.step(1_000);
    await restarted(room);
    await room.step();
    expect(await laneOf(room)).toMatchObject({ last: 1_600, gaps: [{ from: 401, upTo: 1_600 }] });
  });

  test("in the first rush of a lobby: everything that can have been given is skipped", async () => {
    const nowMs = Date.now();
    const room = await openTestRoom(redis, {
      draw: true,
      lobbyAtMs: nowMs - 10_000,
      opensAtMs: nowMs + 3_600_000,
    });
    await joinAll(room, "ann");
    await restarted(room);
    await room.step();
    expect(await laneOf(room)).toMatchObject({ last: 100_000 });
  });

  test("at the opening: few who are not there are drawn, and nothing of the rush is given again", async () => {
    const opensAtMs = Date.now() + 3_600_000;
    const room = await openTestRoom(redis, { draw: true, opensAtMs });
    await joinAll(room, ...kept);
    room.clock.nowMs = opensAtMs;
    await restarted(room);
    const records = createTestRecords();
    await draw(room, records);
    expect(records.lists).toMatchObject([{ entrants: 1_005 }]);
    expect(await laneOf(room)).toMatchObject({ last: 100_000, gaps: [{ from: 1_006, upTo: 100_000 }] });
  });
});

test("a closing that was forgotten after its lists were kept: the lists hold, and who came late has the number of before", async () => {
  const opensAtMs = Date.now() + 3_600_000;
  const room = await openTestRoom(redis, { draw: true, opensAtMs });
  const { rooms, eventId } = room;
  const names = Array.from({ length: 11 }, (_, index) => `visitor-${index}`);
  const receipts = await joinAll(room, ...names);
  await stopKeeping();
  room.clock.nowMs = opensAtMs;
  const records = createTestRecords();
  const announced = { ...records, drawSecret: async () => "awaited" as const };
  await (await closeLobby(room, announced))();
  records.lists = announced.lists;
  for (const [name, receipt] of await joinAll(room, "late")) receipts.set(name, receipt);
  expect(await numberOf(room, "late")).toBe(12);
  await crashAndRestart();
  await draw(room, records);
  expect(records.lists).toMatchObject([{ entrants: 11 }]);
  expect(await restore(room, "late", receipts)).toBe("restored");
  expect(await numberOf(room, "late")).toBe(12);
  const numbers = await Promise.all(names.map((name) => numberOf(room, name)));
  expect(numbers.map(Number).toSorted((left, right) => left - right)).toEqual(names.map((_, at) => at + 1));
  const [kept] = parseLanes((await redis.hget(roomKeys(eventId).settings, "lanes")) ?? "", "general");
  expect(kept).toMatchObject({ drawn: 11, gaps: [{ from: 13 }] });
  await extendReserve(room);
  await joinAll(room, "ida");
  expect(await rooms.standing(eventId, visitor("ida"))).toMatchObject({ ahead: 12 });
});

test("drawn numbers that were forgotten cost no answer: who had one waits as in the lobby", async () => {
  const opensAtMs = Date.now() + 3_600_000;
  const room = await openTestRoom(redis, { draw: true, opensAtMs });
  await joinAll(room, "ann", "bob");
  room.clock.nowMs = opensAtMs;
  await draw(room, createTestRecords());
  await redis.hdel(roomKeys(room.eventId).drawn, "0:0");
  expect(await room.rooms.standing(room.eventId, visitor("ann"))).toMatchObject({ outcome: "lobby" });
});

/** What the names are told, the least first. */
async function aheadsOf(room: TestRoom, names: readonly string[]): Promise<number[]> {
  const standings = await Promise.all(names.map((name) => room.rooms.standing(room.eventId, visitor(name))));
  const aheads = standings.map((standing) => ("ahead" in standing ? Number(standing.ahead) : Number.NaN));
  return aheads.toSorted((left, right) => left - right);
}

const entriesOf = (room: TestRoom, names: readonly string[]) =>
  Promise.all(
    names.map(async (name) => {
      const standing = await room.rooms.standing(room.eventId, visitor(name));
      return standing.outcome === "lobby" ? standing.entry : undefined;
    }),
  );

/** Closes the lobby and draws it, as the driver does; `hold` draws what is closed. */
async function closeLobby(room: TestRoom, records: ReturnType<typeof createTestRecords>) {
  const reply = await room.step(0);
  if (reply[0] !== "stepped") throw new Error(reply[0]);
  const holder = { redis, clock: room.clock, driverId: "driver-of-the-test" };
  const fence = (await takeLease(holder, room.eventId)) ?? 0;
  await redis.pexpire(roomKeys(room.eventId).lease, 60_000);
  const hold = createRoomDraw({ ...holder, records, logger: pino({ level: "silent" }) }, room.eventId);
  return () => hold(fence, parseLanes(reply[7], "general"));
}

async function draw(room: TestRoom, records: ReturnType<typeof createTestRecords>): Promise<void> {
  const hold = await closeLobby(room, records);
  const isDrawn = async () => {
    await hold();
    return (await redis.hget(roomKeys(room.eventId).settings, "drawState")) === "done";
  };
  await waitFor(isDrawn, { what: "the draw" });
}

/** What the driver keeps of the room. */
async function marksOf({ eventId }: TestRoom): Promise<RoomMarks> {
  const [lanes = "", incarnation, drawState] = await redis.hmget(
    roomKeys(eventId as EventId).settings,
    ...["lanes", "incarnation", "drawState"],
  );
  const state = drawState === "drawing" || drawState === "done" ? drawState : "";
  return { incarnation: Number(incarnation), drawState: state, lanes: parseLanes(lanes ?? "", "general") };
}

describe("a Redis that was emptied", () => {
  test("with what was kept: no number comes twice, the order is by number, nobody comes in during the grace", async () => {
    const room = await openTestRoom(redis, { cap: 2, absenceGraceMs: 5_000, turnWindowMs: 30_000 });
    const { rooms, eventId } = room;
    const receipts = await joinAll(room, "ann", "bob", "cyd", "dan");
    await room.step();
    const marks = await marksOf(room);
    const pass = await takePass(room, "ann");
    for (const [name, receipt] of await joinAll(room, "eve", "fay")) receipts.set(name, receipt);
    await flushAll();
    expect(await rooms.join(eventId, visitor("ida"))).toEqual({ outcome: "not_found" });
    expect(await rooms.readmit(eventId, pass)).toEqual({ outcome: "not_found" });
    expect(await rooms.restore(eventId, visitor("fay"), receipts.get("fay") ?? "")).toEqual({
      outcome: "not_found",
    });
    await room.configure({}, { marks });

    const fresh = await joinAll(room, "ida");
    expect(await numberOf(room, "ida")).toBe(100_001);
    const storm = await Promise.all(Array.from({ length: 20 }, () => restore(room, "fay", receipts)));
    expect(storm.filter((outcome) => outcome === "restored")).toHaveLength(1);
    for (const name of ["eve", "dan", "cyd"]) expect(await restore(room, name, receipts)).toBe("restored");
    expect(await rooms.readmit(eventId, pass)).toEqual({ outcome: "readmitted" });
    expect(await restore(room, "ann", receipts)).toBe("known");
    expect(await restore(room, "ida", fresh)).toBe("known");
    const names = ["ann", "cyd", "dan", "eve", "fay"];
    expect(await Promise.all(names.map((name) => numberOf(room, name)))).toEqual([1, 3, 4, 5, 6]);

    expect(await offeredIn(room, 4_999)).toBe(0);
    expect(await restore(room, "bob", receipts)).toBe("restored");
    for (const next of ["bob", "cyd", "dan", "eve", "fay", "ida"]) {
      await waitFor(async () => (await offeredIn(room, 250)) === 1, { what: `the turn of ${next}` });
      expect(await room.occupied()).toEqual({ turns: [next], inside: ["ann"], count: 2 });
      await rooms.leave(eventId, visitor(next));
    }
    await rooms.leave(eventId, visitor("ann"));
    expect(await restore(room, "ann", receipts)).toBe("receipt_spent");
    expect(await restore(room, "fay", receipts)).toBe("receipt_spent");
    expect(await rooms.readmit(eventId, pass)).toEqual({ outcome: "pass_over" });
  });

  test("a pass of before that has ended does not leave a receipt that is good again", async () => {
    const room = await openTestRoom(redis, { cap: 2 });
    const receipts = await joinAll(room, "ann");
    await room.step();
    const pass = await takePass(room, "ann");
    const marks = await marksOf(room);
    await flushAll();
    await room.configure({}, { marks });
    expect(await room.rooms.readmit(room.eventId, pass)).toEqual({ outcome: "readmitted" });
    await room.step(60_000);
    expect(await restore(room, "ann", receipts)).toBe("receipt_spent");
  });

  test("without what was kept, numbers repeat", async () => {
    const room = await openTestRoom(redis);
    await joinAll(room, "ann");
    await flushAll();
    await room.configure({});
    await joinAll(room, "bob");
    expect(await numberOf(room, "bob")).toBe(1);
  });

  test("after the draw: the numbers are those of before, also for who comes back in its middle", async () => {
    const room = await openTestRoom(redis, {
      draw: true,
      opensAtMs: Date.now() + 1_000,
      cap: 1,
      absenceGraceMs: 1_000,
    });
    const names = Array.from({ length: 40 }, (_, index) => `visitor-${index}`);
    const receipts = await joinAll(room, ...names);
    room.clock.nowMs += 3_000;
    const records = createTestRecords();
    await draw(room, records);
    const before = await Promise.all(names.map((name) => numberOf(room, name)));
    expect(before.toSorted((left = 0, right = 0) => left - right)).toEqual(
      names.map((_, index) => index + 1),
    );
    const marks = await marksOf(room);
    await flushAll();
    await room.configure({}, { marks });
    for (const name of names.slice(0, 10)) expect(await restore(room, name, receipts)).toBe("restored");
    const keepDraw = records.keepDraw.bind(records);
    records.keepDraw = async (...draw) => {
      for (const name of names.slice(10, 20)) await restore(room, name, receipts);
      await keepDraw(...draw);
    };
    await draw(room, records);
    for (const name of names.slice(20)) expect(await restore(room, name, receipts)).toBe("restored");
    expect(await Promise.all(names.map((name) => numberOf(room, name)))).toEqual(before);
    expect(
      parseLanes((await redis.hget(roomKeys(room.eventId).settings, "lanes")) ?? "", "general")[0]?.served,
    ).toBe(0);
    for (const number of before) room.presence.enter(0, number ?? 0);
    await room.step(2_000);
    expect(await room.occupied()).toMatchObject({ turns: [names[before.indexOf(1)]] });
    const next = async () => {
      await room.rooms.leave(room.eventId, visitor((await room.occupied()).turns[0] ?? ""));
      await room.step(250);
      return (await room.occupied()).turns[0];
    };
    for (let number = 2; number <= 40; number += 1) expect(await next()).toBe(names[before.indexOf(number)]);
  });

  test("after the draw: the room opens while receipts keep coming back, and each has its turn", async () => {
    const opensAtMs = Date.now() + 1_000;
    const room = await openTestRoom(redis, { draw: true, opensAtMs, cap: 1, absenceGraceMs: 1_000 });
    const names = Array.from({ length: 60 }, (_, index) => `visitor-${index}`);
    const receipts = await joinAll(room, ...names);
    room.clock.nowMs += 3_000;
    const records = createTestRecords();
    await draw(room, records);
    const before = await Promise.all(names.map((name) => numberOf(room, name)));
    const marks = await marksOf(room);
    await flushAll();
    await room.configure({}, { marks });
    const keepDraw = records.keepDraw.bind(records);
    let passes = 0;
    records.keepDraw = async (...draw) => {
      const some = names.slice(20 * passes, 20 * (passes + 1));
      passes += 1;
      for (const name of some) expect(await restore(room, name, receipts)).toBe("restored");
      await keepDraw(...draw);
    };
    await draw(room, records);
    expect(passes).toBe(1);
    for (const name of names.slice(20)) expect(await restore(room, name, receipts)).toBe("restored");
    for (const number of before) room.presence.enter(0, number ?? 0);
    await room.step(2_000);
    for (let number = 1; number <= 60; number += 1) {
      expect((await room.occupied()).turns).toEqual([names[before.indexOf(number)]]);
      await room.rooms.leave(room.eventId, visitor(names[before.indexOf(number)] ?? ""));
      await room.step(250);
    }
  });
});
