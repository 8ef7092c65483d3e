import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { pino } from "pino";
import { afterAll, expect, onTestFinished, test } from "vitest";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { readSnapshot } from "../../booking-core/seats/section-state.ts";
import { createSectionWatches } from "../../booking-core/seats/section-watch.ts";
import { type WatchedSection, watchedSection } from "../../booking-core/seats/test-watched-section.ts";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import { createShardedChannels } from "../../foundation/redis/sharded-channels.ts";
import { connectTestRedis } from "../../test/harness/redis.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Bounds } from "../bounds.ts";
import { problemOf, send, sendRaw } from "../test-client.ts";
import { testEvent, unknownId } from "../test-data.ts";
import { startTestGateway } from "../test-gateway.ts";
import { upgradeText } from "../test-socket.ts";
import { drawnBy, openLive, openLiveStream } from "./test-live-client.ts";

const redis = connectTestRedis();
const channels = createShardedChannels(redis);
afterAll(() => redis.quit());

/** Two sections of 100 seats and a gateway that knows nothing of them yet. */
async function setUp(
  bounds: { seatMap?: Partial<Bounds["seatMap"]>; rates?: Partial<Bounds["rates"]> } = {},
  mostWatches?: number,
) {
  const eventId = randomUUID() as EventId;
  const sections = [watchedSection(redis, eventId), watchedSection(redis, eventId)] as const;
  for (const section of sections) await section.load("0".repeat(100));
  const gateway = await startGatewayOf(eventId, sections, bounds, mostWatches);
  return { eventId, first: sections[0], second: sections[1], ...gateway, sections };
}

async function startGatewayOf(
  eventId: EventId,
  sections: readonly WatchedSection[],
  bounds = {},
  mostWatches?: number,
) {
  const event: OnsaleEvent = {
    ...testEvent,
    id: eventId,
    sections: sections.map(({ sectionId }) => ({
      ...(testEvent.sections[0] as OnsaleEvent["sections"][number]),
      id: sectionId,
      eventId,
    })),
  };
  const parts = {
    redis,
    channels,
    clock: { now: () => Date.now() },
    logger: pino({ level: "silent" }),
    seats: { snapshot: (event: EventId, section: SectionId) => readSnapshot(redis, event, section) },
  };
  const watches = createSectionWatches(parts, mostWatches);
  onTestFinished(() => watches.stop());
  const catalogue = {
    list: async () => [event],
    find: async (id: EventId) => (id === eventId ? event : undefined),
  };
  const gateway = await startTestGateway({ catalogue, sectionWatches: watches }, bounds);
  return { gateway, watches };
}

test("the metrics count the watchers", async () => {
  const { gateway, eventId } = await setUp();
  const token = "the token of the tests' metrics, long";
  const watchers = async () => {
    const { body } = await send(gateway, "/metrics", { token });
    return /^onsale_map_watchers (\d+)$/m.exec(String(body))?.[1];
  };
  expect(await watchers()).toBe("0");
  const live = await openLive(gateway, eventId);
  await openLiveStream(gateway, eventId);
  await waitFor(async () => (await watchers()) === "2", { what: "both watchers to be counted" });
  live.close();
  await waitFor(async () => (await watchers()) === "1", { what: "one watcher to be counted" });
});

test("a watcher hears the versions, then each change with the version before it", async () => {
  const { gateway, eventId, first, second } = await setUp();
  const live = await openLive(gateway, eventId);
  expect(live.messages[0]).toMatchObject({
    type: "sections",
    sections: [
      { id: first.sectionId, version: 1 },
      { id: second.sectionId, version: 1 },
    ],
  });
  await first.change(20, "11");
  const { changes } = await live.heard("seats");
  expect(changes).toEqual([{ sectionId: first.sectionId, from: 1, version: 2, free: 98, changed: "20:hh" }]);
});

test("changes of a tenth of a second come in one message, whatever their section", async () => {
  const { gateway, eventId, first, second } = await setUp({ seatMap: { windowMs: 400 } });
  const live = await openLive(gateway, eventId);
  await first.change(1, "1");
  await first.change(2, "2");
  await second.change(9, "1");
  const { changes } = await live.heard("seats");
  expect(changes).toMatchObject([
    { from: 1, version: 3, changed: "1:hs" },
    { from: 1, version: 2, changed: "9:h" },
  ]);
});

test("who follows the protocol draws what is in Redis, by socket and by stream, through gaps and reloads", async () => {
  const { gateway, eventId, first, second, sections } = await setUp({ seatMap: { windowMs: 20 } });
  const [socket, stream] = [await openLive(gateway, eventId), await openLiveStream(gateway, eventId)];
  const drawings = [
    await drawnBy(gateway, eventId, socket.messages),
    await drawnBy(gateway, eventId, stream.messages),
  ];
  for (let seat = 0; seat < 60; seat += 1) {
    await sections[seat % 2]?.change(seat, String(seat % 3));
    if (seat % 7 === 0) await first.changeUnheard(99 - seat, "2");
    if (seat === 30) await second.load("01".repeat(50));
  }
  await first.change(0, "1");
  await second.change(0, "2");
  for (const { sectionId } of sections) {
    const { seats } = (await readSnapshot(redis, eventId, sectionId)) ?? {};
    const letters = seats?.replace(/./g, (byte) => "fhs"[Number(byte)] ?? "");
    for (const drawn of drawings)
      await waitFor(() => drawn.states(sectionId) === letters, { what: "the seats as they are" });
  }
  expect(drawings.map((drawn) => drawn.gaps())).toEqual([0, 0]);
});

test("fifty watchers of an event that sells hear every version of every section, and one text for all", async () => {
  const { gateway, eventId, sections } = await setUp();
  const watchers = await Promise.all(Array.from({ length: 50 }, () => openLive(gateway, eventId)));
  for (let seat = 0; seat < 100; seat += 1)
    await Promise.all(sections.map((section) => section.change(seat, "1")));
  const versions = (index: number) =>
    watchers[index]?.messages.flatMap((message) => (message.type === "seats" ? message.changes : [])) ?? [];
  const isTold = () =>
    watchers.every((_, index) => versions(index).filter(({ version }) => version === 101).length === 2);
  await waitFor(isTold, { what: "the last change at every watcher", withinMs: 5_000 });
  for (const { sectionId } of sections) {
    const told = versions(0).filter((change) => change.sectionId === sectionId);
    expect(told.map((change) => ("from" in change ? change.from : undefined))).toEqual([
      1,
      ...told.slice(0, -1).map(({ version }) => version),
    ]);
  }
  for (const { messages } of watchers) expect(messages).toEqual(watchers[0]?.messages);
});

test("a watcher of some sections hears of no other, and one gateway that joins late knows the same", async () => {
  const { gateway, eventId, first, second, sections } = await setUp();
  const live = await openLive(gateway, eventId, [second.sectionId]);
  expect(live.messages[0]).toMatchObject({ sections: [{ id: second.sectionId }] });
  await first.change(1, "1");
  await second.change(1, "1");
  const { changes } = await live.heard("seats");
  expect(changes.map(({ sectionId }) => sectionId)).toEqual([second.sectionId]);
  const late = await startGatewayOf(eventId, sections);
  const drawn = await drawnBy(late.gateway, eventId, []);
  expect(drawn.states(first.sectionId)).toBe(`fh${"f".repeat(98)}`);
});

test("only what somebody watches is followed", async () => {
  const { gateway, eventId, first, watches } = await setUp();
  expect(watches.count()).toBe(0);
  await openLive(gateway, eventId, [first.sectionId]);
  expect(watches.count()).toBe(1);
});

test("a section that came back older, or with other seats, is to be read anew", async () => {
  const { gateway, eventId, first } = await setUp();
  const live = await openLive(gateway, eventId);
  await first.load("0".repeat(50));
  expect((await live.heard("seats")).changes).toEqual([
    { sectionId: first.sectionId, version: 2, free: 50, reload: true },
  ]);
});

test("what does not fit one message comes with the next", async () => {
  const { gateway, eventId, sections } = await setUp({ seatMap: { messageBytes: 1, windowMs: 200 } });
  const live = await openLive(gateway, eventId);
  for (const section of sections) await section.change(3, "1");
  await waitFor(() => live.messages.length === 3, { what: "both messages" });
  const heard = live.messages.flatMap((message) => (message.type === "seats" ? [message.changes] : []));
  expect(heard.map((changes) => changes.length)).toEqual([1, 1]);
});

test("who cannot be told of all sections is told of none: a section that had to give way is never followed in silence", async () => {
  const { gateway, eventId } = await setUp({}, 1);
  const live = await openLive(gateway, eventId);
  await waitFor(() => live.closed(), { what: "the end of the connection" });
  expect(live.messages).toMatchObject([{ type: "bye", reason: "unavailable" }]);
});

test("a watcher has nothing to say, and a stopping gateway says bye to all", async () => {
  const { gateway, eventId } = await setUp();
  const [talker, listener] = [await openLive(gateway, eventId), await openLive(gateway, eventId)];
  const stream = await openLiveStream(gateway, eventId);
  await stream.heard("sections");
  talker.say("hello");
  expect(await talker.heard("bye")).toMatchObject({ reason: "message_invalid" });
  await waitFor(talker.closed, { what: "the end of the talker" });
  expect(talker.closed()?.code).toBe(1008);
  await gateway.stop("a test");
  expect(await listener.heard("bye")).toMatchObject({ reason: "stopping" });
  expect(await stream.heard("bye")).toMatchObject({ reason: "stopping" });
  await waitFor(stream.ended, { what: "the end of the stream" });
});

test("an address has so many connections and no more; one that closes makes space", async () => {
  const { gateway, eventId } = await setUp({ seatMap: { watchersPerAddress: 2 } });
  const path = `/v1/events/${eventId}/seats/live`;
  const one = await openLive(gateway, eventId);
  await openLiveStream(gateway, eventId);
  expect(problemOf(await send(gateway, path)).code).toBe("busy");
  one.close();
  const isOpen = async () => {
    const answer = await sendRaw(gateway, upgradeText(path, []), /\r\n\r\n/);
    return answer.startsWith("HTTP/1.1 101");
  };
  await waitFor(isOpen, { what: "space for one more" });
});

test("an address has no more connections where all are asked for in the same moment", async () => {
  const read = Promise.withResolvers<OnsaleEvent>();
  let asking = 0;
  const find = () => {
    asking += 1;
    return read.promise;
  };
  const catalogue = { list: async () => [testEvent], find };
  const gateway = await startTestGateway({ catalogue }, { seatMap: { watchersPerAddress: 2 } });
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const url = `${gateway.url}/v1/events/${testEvent.id}/seats/live`;
  const opening = Array.from({ length: 8 }, () => fetch(url, { signal: stop.signal }));
  await waitFor(() => asking === 8, { what: "all to be asked for" });
  read.resolve(testEvent);
  const statuses = (await Promise.all(opening)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(2);
  expect(statuses.filter((status) => status === 503)).toHaveLength(6);
});

test("an address that asks too often is told to wait", async () => {
  const { gateway, eventId } = await setUp({ rates: { maps: { perMinute: 1, burst: 2 } } });
  await openLive(gateway, eventId);
  await send(gateway, `/v1/events/${eventId}/seats`);
  for (const path of ["seats", "seats/live"])
    expect(problemOf(await send(gateway, `/v1/events/${eventId}/${path}`)).code).toBe("too_many_requests");
});

test.each([
  ["another page's origin", "", ["Origin: https://evil.example"], "403", "forbidden"],
  ["a section of another event", `?sections=${unknownId}`, [], "422", "invalid_request"],
  ["no section", "?sections=", [], "422", "invalid_request"],
  ["more sections than one may choose", `?sections=${"x,".repeat(60)}`, [], "422", "invalid_request"],
])(
  "%s: there is neither socket nor stream, but a problem that says why",
  async (_, query, headers, status, code) => {
    const { gateway, eventId } = await setUp();
    const path = `/v1/events/${eventId}/seats/live${query}`;
    for (const text of [
      upgradeText(path, headers),
      `${[`GET ${path} HTTP/1.1`, "Host: a", "Connection: close", ...headers].join("\r\n")}\r\n\r\n`,
    ]) {
      const answer = await sendRaw(gateway, text, new RegExp(code));
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(answer).toContain(`"code":"${code}"`);
    }
  },
);

test.each(["socket", "stream"])(
  "a client that does not read its %s is dropped, the others hear on",
  async (kind) => {
    const seatMap = { windowMs: 5, messageBytes: 200_000, seatsPerChange: 1_000_000 };
    const eventId = randomUUID() as EventId;
    const section = watchedSection(redis, eventId);
    await section.load("01".repeat(20_000));
    const { gateway } = await startGatewayOf(eventId, [section], { seatMap });
    const path = `/v1/events/${eventId}/seats/live`;
    const plain = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const slow = connect(gateway.port, "127.0.0.1");
    slow.write(kind === "socket" ? upgradeText(path, []) : plain);
    slow.on("error", () => undefined);
    let isGone = false;
    await new Promise((resolve) => slow.once("data", resolve));
    slow.pause();
    slow.on("close", () => {
      isGone = true;
    });
    const other = await openLive(gateway, eventId);
    let version = 1;
    for (let round = 0; round < 200 && gateway.watchers() > 1; round += 1) {
      await section.change(0, (round % 2 === 0 ? "10" : "01").repeat(20_000));
      version += 1;
      const heard = version;
      await waitFor(() => versionOf(other.messages.at(-1)) === heard, { what: "the change" });
    }
    await waitFor(() => gateway.watchers() === 1, { what: "the end of the slow client" });
    slow.resume();
    await waitFor(() => isGone, { what: "its closed connection" });
    expect(other.closed()).toBeUndefined();
  },
);

const versionOf = (message: unknown) =>
  (message as { changes?: { version: number }[] } | undefined)?.changes?.[0]?.version;
