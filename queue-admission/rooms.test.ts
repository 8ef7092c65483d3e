import { afterAll, describe, expect, test } from "vitest";
import { ZodError } from "zod";
import { hashCode } from "../foundation/code-hash.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { connectTestRedis } from "../test/harness/redis.ts";
import { stepRoom, takeLease } from "./room-lease.ts";
import type { RoomSettings } from "./room-settings.ts";
import { identityOf, openSettings, openTestRoom, visitor } from "./test-room.ts";

const redis = connectTestRedis();
afterAll(() => redis.quit());

describe("a place", () => {
  test("is given once: joining again finds the same number", async () => {
    const { rooms, eventId } = await openTestRoom(redis);
    const first = await rooms.join(eventId, visitor("ann"));
    await rooms.join(eventId, visitor("bob"));
    const again = await rooms.join(eventId, visitor("ann"));
    expect(first).toMatchObject({ fresh: true, standing: { outcome: "waiting", number: 1, ahead: 0 } });
    expect(again).toMatchObject({ fresh: false, standing: { outcome: "waiting", number: 1, ahead: 0 } });
  });

  test("has a receipt that says who, where, which number and since when", async () => {
    const { rooms, eventId, tokens, clock } = await openTestRoom(redis);
    const joinedAtMs = clock.nowMs;
    await rooms.join(eventId, visitor("ann"));
    clock.nowMs += 5_000;
    const again = await rooms.join(eventId, visitor("ann"));
    const receipt = again.outcome === "joined" ? again.receipt : "";
    const joinedAt = joinedAtMs - (joinedAtMs % 1_000);
    const place = { lane: "general", entry: 1, number: 1, joinedAtMs: joinedAt };
    const claims = { eventId, identity: identityOf("ann"), incarnation: 1, ...place };
    expect(tokens.verify("receipt", receipt)).toMatchObject(claims);
    expect(tokens.verify("pass", receipt)).toBeUndefined();
  });

  test("belongs to the identity, whichever of its sessions asks", async () => {
    const { rooms, eventId, tokens, join, step } = await openTestRoom(redis);
    await join("ann");
    await step();
    const otherDevice = { ...visitor("ann"), buyerId: "another-session" };
    expect(await rooms.join(eventId, otherDevice)).toMatchObject({
      fresh: false,
      standing: { outcome: "turn" },
    });
    const taken = await rooms.takeTurn(eventId, otherDevice);
    const pass = tokens.verify("pass", taken.outcome === "admitted" ? taken.pass : "");
    expect(pass).toMatchObject({ buyerId: "another-session", identity: identityOf("ann"), passNumber: 1 });
  });

  const later = Date.now() + 3_600_000;
  const inState = {
    scheduled: { lobbyAtMs: later, opensAtMs: later },
    lobby: { opensAtMs: later },
    open: {},
    paused: { paused: true },
    closed: { closed: true },
  };

  test.each(["scheduled", "closed"] as const)("is not given while the room is %s", async (state) => {
    const { rooms, eventId } = await openTestRoom(redis, inState[state]);
    expect(await rooms.join(eventId, visitor("ann"))).toEqual({ outcome: "room_closed", state });
  });

  test.each(["lobby", "open", "paused"] as const)("is given while the room is %s", async (state) => {
    const { rooms, eventId } = await openTestRoom(redis, inState[state]);
    expect(await rooms.join(eventId, visitor("ann"))).toMatchObject({
      outcome: "joined",
      standing: { state },
    });
  });

  test("is not given in a room that does not exist", async () => {
    const { rooms } = await openTestRoom(redis);
    const outcome = await rooms.join("no-such-event" as never, visitor("ann"));
    expect(outcome).toEqual({ outcome: "not_found" });
  });

  test("stays where it is when the room is configured again", async () => {
    const { rooms, eventId, join, step, configure } = await openTestRoom(redis, { cap: 1 });
    await join("ann", "bob");
    await step();
    await rooms.takeTurn(eventId, visitor("ann"));
    await configure({ paused: true, cap: 5 });
    expect(await rooms.standing(eventId, visitor("ann"))).toMatchObject({ outcome: "inside", number: 1 });
    expect(await rooms.standing(eventId, visitor("bob"))).toMatchObject({ number: 2, state: "paused" });
  });

  test("that was left is gone, and the next number is a new one", async () => {
    const { rooms, eventId, join } = await openTestRoom(redis);
    await join("ann", "bob");
    await rooms.leave(eventId, visitor("ann"));
    await rooms.leave(eventId, visitor("ann"));
    expect(await rooms.standing(eventId, visitor("ann"))).toEqual({ outcome: "place_missing" });
    expect(await rooms.join(eventId, visitor("ann"))).toMatchObject({ fresh: true, standing: { number: 3 } });
  });
});

test("who names a pass leaves with that pass, and never with a later one", async () => {
  const { rooms, eventId, join, step, occupied } = await openTestRoom(redis);
  await join("ann");
  await step();
  const taken = await rooms.takeTurn(eventId, visitor("ann"));
  expect(taken).toMatchObject({ outcome: "admitted", passNumber: 1 });
  expect(await rooms.leave(eventId, visitor("ann"), 2)).toBe("place_missing");
  expect(await occupied()).toMatchObject({ inside: ["ann"] });
  expect(await rooms.leave(eventId, visitor("ann"), 1)).toBe("left");
  expect(await occupied()).toMatchObject({ inside: [] });
  await join("ann");
  expect(await rooms.leave(eventId, visitor("ann"), 1)).toBe("place_missing");
  expect(await rooms.standing(eventId, visitor("ann"))).toMatchObject({ outcome: "waiting" });
});

test("of two passes of a buyer the later one counts again, also where Redis remembers the earlier one alone", async () => {
  const { rooms, eventId, tokens, join, step } = await openTestRoom(redis);
  const takePass = async () => {
    await join("ann");
    await step();
    const taken = await rooms.takeTurn(eventId, visitor("ann"));
    const claims = taken.outcome === "admitted" ? tokens.verify("pass", taken.pass) : undefined;
    if (taken.outcome !== "admitted" || claims === undefined) throw new Error("ann has no turn");
    return { ...claims, endsAtMs: taken.endsAtMs };
  };
  const first = await takePass();
  const remembered = await redis.hgetall(roomKeys(eventId).passes);
  await rooms.leave(eventId, visitor("ann"));
  const second = await takePass();
  await redis.hset(roomKeys(eventId).passes, remembered);
  await redis.del(roomKeys(eventId).revoked);
  expect(await rooms.readmit(eventId, second)).toEqual({ outcome: "readmitted" });
  expect(await rooms.readmit(eventId, first)).toEqual({ outcome: "pass_over" });
  expect(await rooms.takeTurn(eventId, visitor("ann"))).toMatchObject({ passNumber: second.passNumber });
});

describe("a turn", () => {
  test("comes to the lowest numbers, as many as the cap has free", async () => {
    const { join, step, occupied } = await openTestRoom(redis, { cap: 2 });
    await join("ann", "bob", "cyd");
    expect(await step()).toMatchObject([
      "stepped",
      "open",
      [0, 0],
      1,
      2,
      0,
      3,
      "3 100000 2 0 0.000 -",
      "done",
      1,
      [""],
      3,
    ]);
    expect((await occupied()).turns.toSorted()).toEqual(["ann", "bob"]);
  });

  test("becomes a pass whose end is the slot's end, and again the same pass", async () => {
    const { rooms, eventId, tokens, clock, join, step } = await openTestRoom(redis, { passMs: 60_000 });
    await join("ann");
    await step();
    const endsAtMs = clock.nowMs + 60_000;
    const taken = await rooms.takeTurn(eventId, visitor("ann"));
    clock.nowMs += 1_000;
    const again = await rooms.takeTurn(eventId, visitor("ann"));
    expect(taken).toMatchObject({ outcome: "admitted", endsAtMs });
    expect(again).toMatchObject({ outcome: "admitted", endsAtMs });
    const claims = { eventId, ...visitor("ann"), passNumber: 1, exp: Math.floor(endsAtMs / 1000) };
    expect(tokens.verify("pass", again.outcome === "admitted" ? again.pass : "")).toMatchObject(claims);
  });

  test("is not taken before it comes, nor without a place", async () => {
    const { rooms, eventId, join } = await openTestRoom(redis);
    await join("ann");
    expect(await rooms.takeTurn(eventId, visitor("ann"))).toEqual({ outcome: "turn_missing" });
    expect(await rooms.takeTurn(eventId, visitor("bob"))).toEqual({ outcome: "place_missing" });
  });

  test("that was not taken in its window lapses, before any step says so: the place keeps its number", async () => {
    const { rooms, eventId, clock, join, step } = await openTestRoom(redis, { turnWindowMs: 10_000 });
    await join("ann");
    await step();
    clock.nowMs += 9_999;
    expect(await rooms.standing(eventId, visitor("ann"))).toMatchObject({ outcome: "turn" });
    clock.nowMs += 1;
    expect(await rooms.standing(eventId, visitor("ann"))).toMatchObject({ outcome: "lapsed", number: 1 });
    expect(await rooms.takeTurn(eventId, visitor("ann"))).toEqual({ outcome: "turn_missing" });
    await step();
    expect(await rooms.standing(eventId, visitor("ann"))).toMatchObject({ outcome: "lapsed", number: 1 });
  });

  test("that lapsed comes again, before everybody behind, once its buyer joins again", async () => {
    const { rooms, eventId, join, step, occupied } = await openTestRoom(redis, {
      cap: 1,
      turnWindowMs: 1_000,
      absenceGraceMs: 10_000,
    });
    await join("ann", "bob", "cyd");
    await step();
    await step(1_000);
    expect((await occupied()).turns).toEqual(["bob"]);
    expect(await rooms.join(eventId, visitor("ann"))).toMatchObject({
      fresh: false,
      standing: { number: 1 },
    });
    await step(1_000);
    expect((await occupied()).turns).toEqual(["ann"]);
  });

  test("comes to who has just joined, before a gateway can have said that anybody is here", async () => {
    const { rooms, eventId, join, presence, step, occupied } = await openTestRoom(redis, { cap: 1 });
    await join("ann");
    await step();
    await rooms.leave(eventId, visitor("ann"));
    await rooms.join(eventId, visitor("bob"));
    await step();
    expect((await occupied()).turns).toEqual(["bob"]);
    expect(presence.size()).toBe(1);
  });

  test("passes who is away, and is the next of who then asks, here or not yet reported; not of who is gone again", async () => {
    const settings = { cap: 1, absenceGraceMs: 5_000, turnWindowMs: 1_000 };
    const { rooms, eventId, join, step, occupied } = await openTestRoom(redis, settings);
    await rooms.join(eventId, visitor("ann"));
    await rooms.join(eventId, visitor("bob"));
    await step(0, { freeSeats: 0 });
    await join("cyd", "dan", "eve");
    await step(6_000);
    expect((await occupied()).turns).toEqual(["cyd"]);
    expect(await rooms.standing(eventId, visitor("bob"))).toMatchObject({
      outcome: "waiting",
      number: 2,
      ahead: 0,
    });
    await step(1_000);
    expect((await occupied()).turns).toEqual(["bob"]);
    await rooms.standing(eventId, visitor("ann"));
    await step(0, { freeSeats: 0 });
    await step(6_000);
    expect((await occupied()).turns).toEqual(["dan"]);
  });

  test("of a place that was left is not for who has joined another lane since", async () => {
    const lanes = ["general", "fans"].map((name) => ({ name, weight: 1 }));
    const { rooms, eventId, presence, configure, step, occupied } = await openTestRoom(redis, {
      cap: 1,
      lanes,
    });
    const code = { hash: hashCode("FAN"), lane: "fans", uses: 9, endsAtMs: Number.MAX_SAFE_INTEGER };
    await configure({}, { codes: [code] });
    await rooms.join(eventId, visitor("ann"));
    await rooms.leave(eventId, visitor("ann"));
    await rooms.join(eventId, visitor("bob"));
    await rooms.join(eventId, visitor("ann"), { code: "FAN" });
    for (const [lane, number] of [
      [0, 1],
      [0, 2],
      [1, 1],
    ] as const)
      presence.enter(lane, number);
    await step();
    expect((await occupied()).turns).toEqual(["bob"]);
  });

  test("that is over goes to the next", async () => {
    const { join, step, occupied } = await openTestRoom(redis, {
      cap: 1,
      turnWindowMs: 1_000,
      absenceGraceMs: 10_000,
    });
    await join("ann", "bob");
    await step();
    await step(1_000);
    expect((await occupied()).turns).toEqual(["bob"]);
  });

  test("is offered by nobody while the room is paused, and taken up all the same", async () => {
    const { rooms, eventId, join, step, occupied, configure } = await openTestRoom(redis, { cap: 2 });
    await join("ann");
    await step();
    await configure({ paused: true });
    await join("bob");
    await step();
    expect((await occupied()).turns).toEqual(["ann"]);
    expect(await rooms.takeTurn(eventId, visitor("ann"))).toMatchObject({ outcome: "admitted" });
  });
});

test("a new place after a pass that is over is not ended with it by the next step", async () => {
  const { rooms, eventId, clock, join, step, occupied } = await openTestRoom(redis, { ratePerMinute: 240 });
  await join("ann");
  await step();
  await rooms.takeTurn(eventId, visitor("ann"));
  clock.nowMs += 60_000;
  await join("ann");
  expect((await occupied()).count).toBe(0);
  await step(250);
  expect(await rooms.standing(eventId, visitor("ann"))).toMatchObject({ outcome: "turn", number: 2 });
});

describe("a pass", () => {
  test("frees its slot at its end", async () => {
    const { rooms, eventId, join, step, occupied } = await openTestRoom(redis, {
      cap: 1,
      passMs: 15_000,
      turnWindowMs: 1_000,
      absenceGraceMs: 10_000,
    });
    await join("ann", "bob");
    await step();
    await rooms.takeTurn(eventId, visitor("ann"));
    await step(14_999);
    expect(await occupied()).toMatchObject({ turns: [], inside: ["ann"] });
    await step(1);
    expect(await occupied()).toMatchObject({ turns: ["bob"], inside: [] });
    expect(await rooms.standing(eventId, visitor("ann"))).toEqual({ outcome: "place_missing" });
  });

  test("frees its slot at once when its holder leaves", async () => {
    const { rooms, eventId, join, step, occupied } = await openTestRoom(redis, { cap: 1 });
    await join("ann", "bob");
    await step();
    await rooms.takeTurn(eventId, visitor("ann"));
    await rooms.leave(eventId, visitor("ann"));
    expect((await occupied()).count).toBe(0);
    await step();
    expect((await occupied()).turns).toEqual(["bob"]);
  });
});

const nonsense: [string, Partial<RoomSettings>][] = [
  ["no cap", { cap: 0 }],
  ["a window that is no number", { turnWindowMs: Number.NaN }],
  ["a window longer than the pass", { turnWindowMs: 120_000, passMs: 60_000 }],
  ["an opening before the lobby", { lobbyAtMs: 2, opensAtMs: 1 }],
  ["a least pace above the most", { ratePerMinute: 10, leastPerMinute: 11 }],
  ["no lane", { lanes: [] }],
  [
    "two lanes of one name",
    {
      lanes: [
        { name: "a", weight: 1 },
        { name: "a", weight: 2 },
      ],
    },
  ],
  ["a lane without weight", { lanes: [{ name: "a", weight: 0 }] }],
];

test.each(nonsense)("settings with %s are refused, and nothing changes", async (_what, changes) => {
  const { control, eventId } = await openTestRoom(redis);
  const before = await redis.hgetall(roomKeys(eventId).settings);
  await expect(control.configure(eventId, { ...openSettings, ...changes })).rejects.toThrow(ZodError);
  expect(await redis.hgetall(roomKeys(eventId).settings)).toEqual(before);
});

test("another server is noticed also where it was started in the same second", async () => {
  const { rooms, eventId, tokens, join } = await openTestRoom(redis);
  const { settings } = roomKeys(eventId);
  await join("ann");
  const savedAt = (await redis.hget(settings, "savedAt")) ?? "";
  // The same second, as a replica has it that was started with its master.
  await redis.hset(settings, "savedAt", `${savedAt.slice(0, -40)}${"0".repeat(40)}`, "server", "another");
  const after = await rooms.join(eventId, visitor("bob"));
  expect(after).toEqual({ outcome: "busy" });
  expect(await redis.hget(settings, "incarnation")).toBe("2");
  const again = await rooms.join(eventId, visitor("ann"));
  const receipt = tokens.verify("receipt", again.outcome === "joined" ? again.receipt : "");
  expect(receipt).toMatchObject({ number: 1, incarnation: 2 });
});

test("a driver whose clock is far off changes nothing", async () => {
  const { eventId, rooms, clock, join, step, occupied } = await openTestRoom(redis, { cap: 1 });
  await join("ann", "bob");
  await step();
  await rooms.takeTurn(eventId, visitor("ann"));
  const ahead = { now: () => Date.now() + 600_000 };
  const holder = { redis, clock: ahead, driverId: "driver-of-the-test", clockSkewMs: 3_000 };
  const fence = (await takeLease(holder, eventId)) ?? 0;
  const orders = { ratePerMinute: 60_000, freeSeats: undefined, soldOut: false, reserve: [], about: "" };
  expect(await stepRoom(holder, eventId, fence, orders)).toEqual(["clock_wrong"]);
  expect(await occupied()).toMatchObject({ turns: [], inside: ["ann"] });
  const right = { ...holder, clock: { now: () => Date.now() } };
  expect(await stepRoom(right, eventId, fence, orders)).toMatchObject({ 0: "stepped" });
  expect(clock.nowMs).toBeLessThan(ahead.now());
});

test("a lane that is taken away keeps its places, takes no new ones, and goes on where it was once it is back", async () => {
  const general = { name: "general", weight: 1 };
  const lanes = [general, { name: "vip", weight: 1 }];
  const { rooms, eventId, configure, step } = await openTestRoom(redis, { lanes });
  const code = { hash: hashCode("VIP"), lane: "vip", uses: 9, endsAtMs: Number.MAX_SAFE_INTEGER };
  await configure({}, { codes: [code] });
  const vip = await rooms.join(eventId, visitor("ann"), { code: "VIP" });
  expect(vip).toMatchObject({ standing: { lane: "vip", number: 1 } });
  await configure({ lanes: [general] });
  expect(await step(250, { reserve: [200_000, 200_000] })).toMatchObject({ 0: "stepped" });
  expect(await rooms.standing(eventId, visitor("ann"))).toMatchObject({ outcome: "waiting", number: 1 });
  expect(await rooms.join(eventId, visitor("bob"), { code: "VIP" })).toEqual({ outcome: "code_wrong" });
  await configure({ lanes });
  const next = await rooms.join(eventId, visitor("bob"), { code: "VIP" });
  expect(next).toMatchObject({ standing: { lane: "vip", number: 2 } });
});

test("a script cache that is emptied in the middle is not noticed", async () => {
  const { rooms, eventId, join, step } = await openTestRoom(redis);
  await join("ann");
  await Promise.all(redis.nodes("master").map((node) => node.script("FLUSH")));
  await step();
  await Promise.all(redis.nodes("master").map((node) => node.script("FLUSH")));
  expect(await rooms.takeTurn(eventId, visitor("ann"))).toMatchObject({ outcome: "admitted" });
  expect(await rooms.standing(eventId, visitor("ann"))).toMatchObject({ outcome: "inside" });
});
