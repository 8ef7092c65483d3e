import { afterAll, expect, test } from "vitest";
import { roomKeys } from "../foundation/redis/keys.ts";
import { createShardedChannels } from "../foundation/redis/sharded-channels.ts";
import { connectTestRedis } from "../test/harness/redis.ts";
import { waitFor } from "../test/harness/wait-for.ts";
import type { RoomNews } from "./room.ts";
import { createRoomNewsFeed } from "./room-news-feed.ts";
import { openTestRoom, visitor } from "./test-room.ts";

const redis = connectTestRedis();
const feed = createRoomNewsFeed(createShardedChannels(redis));
afterAll(() => redis.quit());

const subscribers = async (channel: string) => {
  const counts = await Promise.all(
    redis
      .nodes("master")
      .map((node) => node.call("PUBSUB", "SHARDNUMSUB", channel) as Promise<[string, number]>),
  );
  return counts.reduce((sum, [, count]) => sum + count, 0);
};

test("a step is heard: the turns, then the watermark that counts them", async () => {
  const room = await openTestRoom(redis, { cap: 2, turnWindowMs: 10_000 });
  const heard: RoomNews[] = [];
  const end = await feed.watch(room.eventId, (news) => heard.push(news));
  await room.join("ann", "bob", "cyd");
  await room.step();
  await waitFor(() => heard.length === 2, { what: "turns and a tick", withinMs: 2_000 });
  const deadlineMs = room.clock.nowMs + 10_000;
  expect(heard).toEqual([
    {
      kind: "turns",
      turns: [
        { identity: "ann", number: 1, deadlineMs },
        { identity: "bob", number: 2, deadlineMs },
      ],
    },
    { kind: "tick", state: "open", servedUpTo: 2, waiting: 1 },
  ]);
  await end();
});

test("a room where nothing happens ticks once a second; a change of state or watermark is told at once", async () => {
  const room = await openTestRoom(redis, { cap: 1 });
  const heard: RoomNews[] = [];
  const end = await feed.watch(room.eventId, (news) => heard.push(news));
  for (let count = 0; count < 12; count += 1) await room.step(250);
  await room.configure({ state: "paused" });
  await room.step(250);
  await room.join("ann");
  await room.rooms.leave(room.eventId, visitor("ann"));
  await room.step(250);
  await waitFor(() => heard.length >= 5, { what: "five ticks", withinMs: 2_000 });
  const tick = { kind: "tick", waiting: 0, servedUpTo: 0 };
  const open = { ...tick, state: "open" };
  const paused = { ...tick, state: "paused" };
  expect(heard).toEqual([open, open, open, paused, { ...paused, servedUpTo: 1 }]);
  await end();
});

test("however many watch a room, the process subscribes once, and the last to go ends it", async () => {
  const room = await openTestRoom(redis);
  const channel = roomKeys(room.eventId).news;
  const heard = [0, 0, 0];
  const ends = await Promise.all(
    heard.map((_, index) => feed.watch(room.eventId, () => void (heard[index] = (heard[index] ?? 0) + 1))),
  );
  expect(await subscribers(channel)).toBe(1);
  await ends[0]?.();
  await room.step();
  await waitFor(() => heard.join() === "0,1,1", { what: "the two that still watch", withinMs: 2_000 });
  await Promise.all(ends.map((end) => end()));
  expect(await subscribers(channel)).toBe(0);
});

test("who comes while the last one goes is still served", async () => {
  const room = await openTestRoom(redis);
  let heard = 0;
  const end = await feed.watch(room.eventId, () => undefined);
  const [, endOther] = await Promise.all([end(), feed.watch(room.eventId, () => void (heard += 1))]);
  await room.step();
  await waitFor(() => heard === 1, { what: "the tick", withinMs: 2_000 });
  await endOther();
});

test("a message that is none of ours is passed over", async () => {
  const room = await openTestRoom(redis);
  const heard: RoomNews[] = [];
  const end = await feed.watch(room.eventId, (news) => heard.push(news));
  const channel = roomKeys(room.eventId).news;
  await redis.spublish(channel, "no json");
  await redis.spublish(channel, '{"kind":"tick","servedUpTo":"many"}');
  await room.step();
  await waitFor(() => heard.length > 0, { what: "the tick", withinMs: 2_000 });
  expect(heard).toHaveLength(1);
  await end();
});
