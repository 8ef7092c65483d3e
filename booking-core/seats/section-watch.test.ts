import { pino } from "pino";
import { afterAll, expect, onTestFinished, test } from "vitest";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { createShardedChannels } from "../../foundation/redis/sharded-channels.ts";
import { connectTestRedis } from "../../test/harness/redis.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { SectionChange, SectionWatch } from "./followed-section.ts";
import { readSnapshot } from "./section-state.ts";
import { createSectionWatches } from "./section-watch.ts";
import { best, loadTestSection, manual, newBookingId } from "./test-section.ts";
import { type WatchedSection, watchedSection } from "./test-watched-section.ts";

const redis = connectTestRedis();
const channels = createShardedChannels(redis);
afterAll(() => redis.quit());

function createWatches(clock = { now: () => Date.now() }) {
  const readings: SectionId[] = [];
  const snapshot = async (eventId: EventId, sectionId: SectionId) => {
    readings.push(sectionId);
    return readSnapshot(redis, eventId, sectionId);
  };
  const logger = pino({ level: "silent" });
  const watches = createSectionWatches({ redis, channels, clock, logger, seats: { snapshot } });
  onTestFinished(() => watches.stop());
  return { watches, readings };
}

async function watch(section: WatchedSection, clock?: { now: () => number }) {
  const { watches, readings } = createWatches(clock);
  const watched = await watches.open(section.eventId, section.sectionId);
  if (watched === undefined) throw new Error("there is no space for a watch");
  const changes: SectionChange[] = [];
  watched.listen((change) => changes.push(change));
  return { watches, watched, changes, readings };
}

const seatsOf = (watched: SectionWatch) => watched.picture()?.seats.toString("latin1");

const becomes = (watched: SectionWatch, seats: string) =>
  waitFor(() => seatsOf(watched) === seats, { what: `the seats ${seats}` });

async function loaded(seats: string): Promise<WatchedSection> {
  const section = watchedSection(redis);
  await section.load(seats);
  return section;
}

test("a change is heard with its seats and counts, without another reading", async () => {
  const section = await loaded("00000");
  const { watched, changes, readings } = await watch(section);
  expect(watched.picture()).toMatchObject({ version: 1, epoch: 1, free: [5], held: [0] });
  await section.change(1, "11");
  await section.change(2, "2");
  await becomes(watched, "01200");
  expect(watched.picture()).toMatchObject({ version: 3, free: [3], held: [1] });
  expect(changes.map(({ from, seatNumbers }) => [from, seatNumbers])).toEqual([
    [1, [1, 2]],
    [2, [2]],
  ]);
  expect(readings).toHaveLength(1);
  expect(watched.isCurrent()).toBe(true);
});

test("after a missed change the section is read, and listeners hear what is different", async () => {
  const section = await loaded("00000");
  const { watched, changes, readings } = await watch(section);
  await section.changeUnheard(0, "1");
  await section.change(4, "1");
  await becomes(watched, "10001");
  expect(changes).toMatchObject([{ from: 1, seatNumbers: [0, 4], picture: { version: 3 } }]);
  expect(readings).toHaveLength(2);
});

test("a section that was built anew is read, and listeners hear what is different", async () => {
  const section = await loaded("01100");
  const { watched, changes } = await watch(section);
  await section.load("01000");
  await becomes(watched, "01000");
  expect(changes).toMatchObject([{ from: 1, seatNumbers: [2], picture: { epoch: 2 } }]);
});

test("listeners are told that anything may have changed where the seats are other ones", async () => {
  const section = await loaded("011");
  const { watched, changes } = await watch(section);
  await section.load("01000");
  await becomes(watched, "01000");
  expect(changes).toMatchObject([{ from: 1, seatNumbers: undefined }]);
});

test("a change of which nothing was heard is found after a silence", async () => {
  const section = await loaded("000");
  let aheadMs = 0;
  const { watched, readings } = await watch(section, { now: () => Date.now() + aheadMs });
  await section.changeUnheard(2, "2");
  expect(seatsOf(watched)).toBe("000");
  aheadMs = limits.seatMap.silenceMs + 1;
  await becomes(watched, "002");
  expect(readings).toHaveLength(2);
});

test("a section that lost its last changes is shown as it is, though its versions come a second time", async () => {
  const section = await loaded("000");
  let aheadMs = 0;
  const { watched } = await watch(section, { now: () => Date.now() + aheadMs });
  await section.change(0, "1");
  await section.change(1, "1");
  await becomes(watched, "110");
  await redis.multi().set(section.keys.seats, "000").hset(section.keys.meta, "version", "1").exec();
  await section.change(2, "1");
  aheadMs = limits.seatMap.silenceMs + 1;
  await becomes(watched, "001");
  expect(watched.picture()?.version).toBe(2);
});

test("a section that Redis lost and got again is read, though its epoch and versions come a second time", async () => {
  const section = await loaded("0000");
  const { watched } = await watch(section);
  await section.change(0, "1");
  await section.change(1, "1");
  await becomes(watched, "1100");
  await redis.del(section.keys.meta, section.keys.seats);
  await section.load("0000");
  for (let times = 0; times < 3; times += 1) await section.change(3, "1");
  await becomes(watched, "0001");
});

test("what was changed while the section was read is not lost", async () => {
  const section = await loaded("0".repeat(200));
  const writing = (async () => {
    for (let seat = 0; seat < 200; seat += 1) await section.change(seat, "1");
  })();
  const { watched } = await watch(section);
  await writing;
  await becomes(watched, "1".repeat(200));
});

test("a section that is not there has no picture until it is loaded", async () => {
  const section = watchedSection(redis);
  const { watched, watches, changes } = await watch(section);
  expect(watched.picture()).toBeUndefined();
  expect(watches.known(section.sectionId)).toBeUndefined();
  await section.load("00");
  await becomes(watched, "00");
  expect(changes).toMatchObject([{ from: undefined, seatNumbers: undefined }]);
  expect(watches.known(section.sectionId)).toBe(watched);
});

async function subscribers(channel: string): Promise<number> {
  const ask = (node: { call(...words: string[]): Promise<unknown> }) =>
    node.call("PUBSUB", "SHARDNUMSUB", channel) as Promise<[string, number]>;
  const counts = await Promise.all(redis.nodes("master").map((node) => ask(node as never)));
  return counts.reduce((sum, [, count]) => sum + count, 0);
}

test("a section that nobody uses is heard no more, one with a listener goes on", async () => {
  const [used, idle] = [await loaded("0"), await loaded("0")];
  let aheadMs = 0;
  const { watches } = await watch(used, { now: () => Date.now() + aheadMs });
  await watches.open(idle.eventId, idle.sectionId);
  expect(await subscribers(idle.keys.news)).toBe(1);
  aheadMs = limits.seatMap.watchIdleMs + 1_000;
  await waitFor(async () => (await subscribers(idle.keys.news)) === 0, { what: "the end of the watch" });
  expect(await subscribers(used.keys.news)).toBe(1);
  expect(watches.count()).toBe(1);
});

test("what the scripts do is heard as they do it: a claim, its end, and a section built anew", async () => {
  const { seats, section, claim, ends } = await loadTestSection(redis, [4, 3], [[6, 1]]);
  const { watches, readings } = createWatches();
  const watched = await watches.open(section.eventId, section.id);
  if (watched === undefined) throw new Error("there is no space for a watch");
  expect(watched.picture()).toMatchObject({ free: [6], held: [0] });
  const [sold, released] = [newBookingId(), newBookingId()];
  await claim(best(2), sold);
  await claim(manual(4, 5), released);
  await seats.confirm(section.eventId, section.id, [sold]);
  await seats.release(section.eventId, section.id, [released]);
  const isSame = async () => {
    const { seats: bytes, ...rest } = (await seats.snapshot(section.eventId, section.id)) ?? { seats: "" };
    const { seats: own, ...known } = watched.picture() ?? { seats: Buffer.alloc(0) };
    return own.toString("latin1") === bytes && JSON.stringify(known) === JSON.stringify(rest);
  };
  await waitFor(isSame, { what: "the same as in Redis" });
  expect(watched.picture()?.version).toBeGreaterThanOrEqual(5);
  expect(readings).toHaveLength(1);
  await seats.load(section, [], await ends());
  await waitFor(isSame, { what: "the same after the section was built anew" });
});
