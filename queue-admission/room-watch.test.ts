import { pino } from "pino";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { limits } from "../foundation/limits.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { createShardedChannels } from "../foundation/redis/sharded-channels.ts";
import { connectTestRedis } from "../test/harness/redis.ts";
import { waitFor } from "../test/harness/wait-for.ts";
import type { RoomNews } from "./room.ts";
import { createRoomWatches, type RoomWatches } from "./room-watch.ts";
import { openTestRoom, type TestRoom, visitor } from "./test-room.ts";

const redis = connectTestRedis();
const channels = createShardedChannels(redis);
const logger = pino({ level: "silent" });
afterAll(() => redis.quit());

function watchesOf({ clock }: TestRoom, gatewayId = "gateway-a"): RoomWatches {
  const watches = createRoomWatches({ redis, channels, clock, logger, gatewayId });
  onTestFinished(() => watches.stop());
  return watches;
}

const reportOf = ({ eventId }: TestRoom, gatewayId = "gateway-a") =>
  redis.hget(roomKeys(eventId).reports, gatewayId);

/** A place whose buyer is here only if a watch says so. */
async function joinUnseen({ rooms, eventId }: TestRoom, name: string): Promise<number> {
  const joined = await rooms.join(eventId, visitor(name));
  const isPlaced = joined.outcome === "joined" && joined.standing.outcome === "waiting";
  if (!isPlaced) throw new Error(`${name} has no number`);
  return joined.standing.number;
}

async function enterRoom(room: TestRoom, names: readonly string[]): Promise<RoomWatches> {
  const watches = watchesOf(room);
  const watch = await watches.open(room.eventId);
  for (const name of names) watch.presence.enter(0, await joinUnseen(room, name));
  return watches;
}

/** Its next report has come in: the first after the change may have been on its way before it. */
async function nextReport(room: TestRoom): Promise<void> {
  for (let count = 0; count < 2; count += 1) {
    await redis.hdel(roomKeys(room.eventId).reports, "gateway-a");
    await waitFor(() => reportOf(room), { what: "a report", withinMs: 4 * limits.room.reportMs });
  }
}

async function subscribers(channel: string): Promise<number> {
  const nodes = redis.nodes("master");
  const ask = (node: (typeof nodes)[number]) => node.call("PUBSUB", "SHARDNUMSUB", channel);
  const counts = (await Promise.all(nodes.map(ask))) as [string, number][];
  return counts.reduce((sum, [, count]) => sum + count, 0);
}

test("a step is heard: the turns, then the tick that counts them", async () => {
  const room = await openTestRoom(redis, { cap: 2 });
  const watch = await watchesOf(room).open(room.eventId);
  const heard: RoomNews[] = [];
  watch.listen((news) => heard.push(news));
  await room.join("ann", "bob", "cyd");
  await room.step();
  await waitFor(() => heard.length === 2, { what: "turns and a tick", withinMs: 2_000 });
  const deadlineMs = room.clock.nowMs + 10_000;
  const turn = { lane: 0, deadlineMs };
  const turns = ["ann", "bob"].map((name, index) => ({ ...turn, ...identityAt(name, index + 1) }));
  expect(heard[0]).toEqual({ kind: "turns", turns });
  expect(heard[1]).toMatchObject({
    kind: "tick",
    state: "open",
    waiting: 1,
    lanes: [{ served: 2, last: 3 }],
  });
  expect(watch.tick()).toEqual(heard[1]);
});

function identityAt(name: string, number: number) {
  return { identity: visitor(name).identity, number };
}

test("a room where nothing happens ticks within each second; a change is told at once", async () => {
  const room = await openTestRoom(redis, { cap: 1 });
  const watch = await watchesOf(room).open(room.eventId);
  const states: string[] = [];
  watch.listen((news) => news.kind === "tick" && states.push(`${news.state} ${news.lanes[0]?.served}`));
  for (let count = 0; count < 12; count += 1) await room.step(250);
  await room.configure({ paused: true });
  await room.step(250);
  await waitFor(() => states.length >= 5, { what: "five ticks", withinMs: 2_000 });
  expect(states).toEqual(["open 0", "open 0", "open 0", "open 0", "paused 0"]);
});

test("however many listen to a room, the process subscribes once, and ends it when it stops", async () => {
  const room = await openTestRoom(redis);
  const channel = roomKeys(room.eventId).news;
  const watches = watchesOf(room);
  const opened = await Promise.all([1, 2, 3].map(() => watches.open(room.eventId)));
  const heard = [0, 0, 0];
  const ends = opened.map((watch, index) =>
    watch.listen(() => void (heard[index] = (heard[index] ?? 0) + 1)),
  );
  expect(new Set(opened).size).toBe(1);
  expect(await subscribers(channel)).toBe(1);
  ends[0]?.();
  await room.step();
  await waitFor(() => heard.join() === "0,1,1", { what: "the two that still listen", withinMs: 2_000 });
  await watches.stop();
  expect(await subscribers(channel)).toBe(0);
});

test("a watch is given without waiting once all is read, and not before", async () => {
  const room = await openTestRoom(redis);
  const watches = watchesOf(room);
  const opening = watches.open(room.eventId);
  expect(watches.known(room.eventId)).toBeDefined();
  expect(watches.opened(room.eventId)).toBeUndefined();
  const watch = await opening;
  expect(watches.opened(room.eventId)).toBe(watch);
});

test("a message that is none of ours is passed over", async () => {
  const room = await openTestRoom(redis);
  const watch = await watchesOf(room).open(room.eventId);
  const heard: RoomNews[] = [];
  watch.listen((news) => heard.push(news));
  await redis.spublish(roomKeys(room.eventId).news, "no json");
  await redis.spublish(roomKeys(room.eventId).news, '{"kind":"tick","lanes":"many"}');
  await room.step();
  await waitFor(() => heard.length > 0, { what: "the tick", withinMs: 2_000 });
  expect(heard).toHaveLength(1);
});

async function admit(room: TestRoom, ...names: string[]): Promise<void> {
  await room.join(...names);
  await room.step();
  for (const name of names) await room.rooms.takeTurn(room.eventId, visitor(name));
}

test("a revoked pass is known at once, and to a watch that opens later", async () => {
  const room = await openTestRoom(redis);
  await admit(room, "ann");
  const watch = await watchesOf(room).open(room.eventId);
  expect(watch.isRevoked(1)).toBe(false);
  await room.rooms.leave(room.eventId, visitor("ann"));
  await waitFor(() => watch.isRevoked(1), { what: "the revocation", withinMs: 1_000 });
  expect((await watchesOf(room, "gateway-b").open(room.eventId)).isRevoked(1)).toBe(true);
});

test("a revocation that was missed is read again with the next tick, also where a later one was heard", async () => {
  const room = await openTestRoom(redis);
  await admit(room, "ann", "bob");
  const watch = await watchesOf(room).open(room.eventId);
  await revokeUnheard(room, 1);
  await room.rooms.leave(room.eventId, visitor("bob"));
  await waitFor(() => watch.isRevoked(2), { what: "the revocation that was heard", withinMs: 1_000 });
  await room.step(1_000);
  await waitFor(() => watch.isRevoked(1), { what: "the revocation that was missed", withinMs: 1_000 });
});

/** As `leave` does, but the message is lost. */
async function revokeUnheard({ eventId, clock }: TestRoom, passNumber: number): Promise<void> {
  const keys = roomKeys(eventId);
  await redis.zadd(keys.revoked, clock.nowMs + 60_000, passNumber);
  await redis.hincrby(keys.settings, "revocations", 1);
}

test("what was revoked stays so when Redis has forgotten it", async () => {
  const room = await openTestRoom(redis);
  await admit(room, "ann");
  const watch = await watchesOf(room).open(room.eventId);
  await room.rooms.leave(room.eventId, visitor("ann"));
  await waitFor(() => watch.isRevoked(1), { what: "the revocation", withinMs: 1_000 });
  await redis.del(roomKeys(room.eventId).revoked);
  await redis.hset(roomKeys(room.eventId).settings, { revocations: 0, savedAt: 1, server: "another" });
  await room.step();
  await waitFor(() => watch.tick()?.incarnation === 2, { what: "the tick of the new incarnation" });
  await nextReport(room);
  expect(watch.isRevoked(1)).toBe(true);
});

test("who is here is told to the driver: the present have their turns, the absent are passed", async () => {
  const room = await openTestRoom(redis, { cap: 2, paused: true });
  await joinUnseen(room, "ann");
  await enterRoom(room, ["bob", "cyd"]);
  await room.step(16_000);
  await nextReport(room);
  await room.configure({ paused: false });
  await room.step();
  expect((await room.occupied()).turns.toSorted()).toEqual(["bob", "cyd"]);
});

test("who has gone counts as here for the grace, and is passed after it", async () => {
  const room = await openTestRoom(redis, { cap: 1, absenceGraceMs: 5_000, paused: true });
  const watch = (await enterRoom(room, ["ann", "bob"])).known(room.eventId);
  await room.step(6_000);
  watch?.presence.exit(0, 1, watch.graceUntilMs());
  room.clock.nowMs += 4_000;
  await nextReport(room);
  await room.step();
  expect(await presentAfterReport(room)).toBe(2);
  room.clock.nowMs += 1_000;
  expect(await presentAfterReport(room)).toBe(1);
  await room.configure({ paused: false });
  await room.step();
  expect((await room.occupied()).turns).toEqual(["bob"]);
});

/** As the driver counts them. */
async function presentAfterReport(room: TestRoom): Promise<number> {
  await nextReport(room);
  const reply = await room.step(0);
  return reply[0] === "stepped" ? reply[6] : -1;
}

test("of a gateway that dies nothing is left after the grace", async () => {
  const room = await openTestRoom(redis, { absenceGraceMs: 5_000, paused: true });
  const watches = await enterRoom(room, ["ann"]);
  await room.step();
  await nextReport(room);
  await watches.stop();
  const present = async (elapsedMs: number) => (await room.step(elapsedMs))[6];
  expect(await present(5_000)).toBe(1);
  expect(await present(1)).toBe(0);
  expect(await reportOf(room)).toBeNull();
});

test("a watch that nobody uses ends by itself; one that somebody listens to goes on", async () => {
  const [idle, used] = [await openTestRoom(redis), await openTestRoom(redis)];
  const watches = watchesOf(idle);
  await watches.open(idle.eventId);
  (await watches.open(used.eventId)).listen(() => undefined);
  idle.clock.nowMs += limits.room.watchIdleMs;
  await used.step();
  await waitFor(() => reportOf(used), { what: "a report of the used room" });
  expect(watches.known(idle.eventId)).toBeDefined();
  idle.clock.nowMs += 1;
  await waitFor(() => watches.known(idle.eventId) === undefined, { what: "the end of the idle watch" });
  expect(watches.known(used.eventId)).toBeDefined();
  await waitFor(async () => (await subscribers(roomKeys(idle.eventId).news)) === 0, {
    what: "no subscriber",
  });
});
