import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../../foundation/clock.ts";
import { type EventId } from "../../../foundation/ids.ts";
import { readModelKeys } from "../../../foundation/redis/keys.ts";
import { repeat } from "../../../foundation/repeat.ts";
import { openEvent, openShop, rowsOf, type Shop, silent, standingOf } from "../../../test/harness/shop.ts";
import { waitFor } from "../../../test/harness/wait-for.ts";
import type { Charge } from "../../prices/charge.ts";
import { createCatalogue } from "../catalogue.ts";
import type { OnsaleEvent } from "../event.ts";
import { publishVersions, readIndex } from "./event-index.ts";
import { createReadModel } from "./read-model.ts";
import { countUse } from "./test-postgres.ts";

let shop: Shop;
let keys: ReturnType<typeof readModelKeys>;
beforeAll(async () => {
  shop = await openShop();
  keys = readModelKeys(new URL(shop.databaseUrl).pathname.slice(1));
});
afterAll(() => shop.close());

/** What another process holds. */
function openProcess() {
  const postgres = countUse(shop.pool);
  const readModel = createReadModel({ ...shop, pool: postgres.pool });
  return { catalogue: createCatalogue({ ...shop, readModel, clock: systemClock }), uses: postgres.uses };
}

/** Everything that Redis has of this database's events. */
async function emptyRedis(): Promise<void> {
  for (const node of shop.redis.nodes("master")) {
    const found = await node.keys(`${keys.index.slice(0, -"events".length)}*`);
    await Promise.all(found.map((key) => shop.redis.unlink(key)));
  }
}

const edits: readonly (readonly [
  what: string,
  sql: string,
  seen: (event: OnsaleEvent) => unknown,
  after: unknown,
])[] = [
  ["title", "update events set title = 'Renamed' where id = $1", ({ title }) => title, "Renamed"],
  [
    "venue",
    "update venues set city = 'Elsewhere' where id = (select venue_id from events where id = $1)",
    ({ venue }) => venue.city,
    "Elsewhere",
  ],
  [
    "offer",
    "update offers set max_per_booking = 3 where event_id = $1",
    ({ sections }) => sections[1]?.offers[0]?.maxPerBooking,
    3,
  ],
  [
    "blocked seat",
    "update sections set marks = '[[2, 3]]' where event_id = $1 and kind = 'seated'",
    ({ sections }) => sections[0]?.marks,
    [[2, 3]],
  ],
];

test.each(edits)(
  "an edit of the %s by plain SQL is seen in every process within a second",
  async (_, sql, seen, after) => {
    const { id } = await openEvent(shop, { sections: [rowsOf(5), standingOf(9)] });
    const publishing = repeat("changed events", 250, silent, shop.publishChanges);
    const processes = [openProcess(), openProcess()];
    await Promise.all(processes.map(({ catalogue }) => catalogue.find(id)));
    await shop.pool.query(sql, [id]);
    const editedAtMs = performance.now();
    const seenByAll = async () => {
      const found = await Promise.all(processes.map(({ catalogue }) => catalogue.find(id)));
      return found.every(
        (event) => event !== undefined && JSON.stringify(seen(event)) === JSON.stringify(after),
      );
    };
    await waitFor(seenByAll, { what: "the edit in every process" });
    expect(performance.now() - editedAtMs).toBeLessThan(1_000);
    await publishing.stop();
  },
);

test("what standing bookings count up is no new version", async () => {
  const { id } = await openEvent(shop, { sections: [standingOf(9)] });
  const versionOf = async () =>
    (await shop.pool.query("select version from events where id = $1", [id])).rows[0];
  const before = await versionOf();
  await shop.pool.query("update sections set standing_taken = 4 where event_id = $1", [id]);
  expect(await versionOf()).toEqual(before);
});

test("a version never stays or goes back, whatever is written to it", async () => {
  const { id } = await openEvent(shop);
  const written = await shop.pool.query<{ before: bigint; after: bigint }>(
    "update events set version = 1, title = 'x' where id = $1 returning old.version as before, new.version as after",
    [id],
  );
  const [row] = written.rows;
  expect(row?.after).toBe((row?.before ?? 0n) + 1n);
});

test("a stampede on an emptied Redis reads Postgres once, in however many processes", async () => {
  const { id } = await openEvent(shop, { sections: [rowsOf(20, 20), standingOf(100)] });
  await emptyRedis();
  const processes = Array.from({ length: 4 }, openProcess);
  const finds = processes.flatMap(({ catalogue }) => Array.from({ length: 250 }, () => catalogue.find(id)));
  const found = await Promise.all(finds);
  expect(new Set(found.map((event) => event?.sections.length))).toEqual(new Set([2]));
  const uses = processes.map((process) => process.uses());
  expect(uses.reduce((sum, { events }) => sum + events, 0)).toBe(1);
  expect(uses.reduce((sum, { versions }) => sum + versions, 0)).toBe(1);
});

test("where Redis is emptied while the system runs, events are answered from memory and edits come on", async () => {
  const { id } = await openEvent(shop);
  const publishing = repeat("changed events", 250, silent, shop.publishChanges);
  const { catalogue, uses } = openProcess();
  const known = await catalogue.find(id);
  await emptyRedis();
  await waitFor(async () => (await readIndex(shop.redis, keys.index)) !== undefined, {
    what: "the index again",
  });
  await waitFor(async () => (await catalogue.find(id)) !== undefined, { what: "the event" });
  expect(await catalogue.find(id)).toBe(known);
  await shop.pool.query("update events set title = 'After' where id = $1", [id]);
  await waitFor(async () => (await catalogue.find(id))?.title === "After", { what: "the edit" });
  expect(uses().events).toBe(0);
  await publishing.stop();
});

test("what a process of before has written is not read, and gives way with the next edit", async () => {
  const offers = [{ category: "standard", faceMinor: 4_500n, charges: [fee] }];
  const { id } = await openEvent(shop, { sections: [rowsOf(5)], offers });
  const version = await versionInRedis(id);
  await emptyRedis();
  await writeAsBefore(id, version ?? 0);
  const { catalogue } = openProcess();
  const found = await catalogue.find(id);
  expect(found).toMatchObject({ title: "Test event", refundPolicy: null });
  expect(found?.sections[0]?.offers).toMatchObject([{ feeMinor: 250n, charges: [fee] }]);

  await shop.redis.unlink(`${keys.event}:${id}:${version}`);
  await shop.pool.query("update events set title = 'Renamed' where id = $1", [id]);
  await shop.publishChanges();
  const isRenamed = async () => (await catalogue.find(id))?.title === "Renamed";
  await waitFor(isRenamed, { what: "the edit" });
  const current = await versionInRedis(id);
  expect(await shop.redis.exists(`${keys.event}:${id}:${current}`)).toBe(1);
});

/** The index is the same for all; events and sections without what is new stand under keys of their own. */
async function writeAsBefore(id: EventId, version: number): Promise<void> {
  const former = keys.index.slice(0, -"events".length);
  const section = JSON.stringify({ name: "of before", offers: [] });
  await shop.redis.hset(`${former}section:of-before`, { section });
  const head = JSON.stringify({ id, title: "of before" });
  await shop.redis.hset(`${former}event:${id}:${version}`, { version, head, sections: "of-before" });
  await publishVersions(shop.redis, keys.index, [[id, version]], { whole: true });
}

const fee: Charge = { name: "Service", kind: "fee", included: false, fixedMinor: 250n };

test("an older version never overwrites a newer one, in whatever order they come", async () => {
  const key = `${keys.index}:${randomUUID()}`;
  const [shown, hidden] = [randomUUID(), randomUUID()] as [EventId, EventId];
  await publishVersions(shop.redis, key, [], { whole: true });
  const versions = Array.from({ length: 60 }, (_, index) => ((index * 37) % 60) + 1);
  await Promise.all(
    versions.map((version) =>
      publishVersions(
        shop.redis,
        key,
        [
          [shown, version],
          [hidden, version === 60 ? -version : version],
        ],
        { whole: version % 7 === 0 },
      ),
    ),
  );
  const index = await readIndex(shop.redis, key);
  expect(index?.versions.get(shown)).toBe(60);
  expect(index?.versions.get(hidden)).toBe(-60);
});

test("an index that Redis does not have is begun only with all events", async () => {
  const key = `${keys.index}:${randomUUID()}`;
  const id = randomUUID() as EventId;
  expect(await publishVersions(shop.redis, key, [[id, 3]], { whole: false })).toBe(false);
  expect(await readIndex(shop.redis, key)).toBeUndefined();
});

test("a process that has an event takes from Redis only the sections that an edit has changed", async () => {
  const { id } = await openEvent(shop, { sections: [rowsOf(5), rowsOf(6), standingOf(9)] });
  const { catalogue } = openProcess();
  const before = await catalogue.find(id);
  await shop.pool.query("update sections set marks = '[[1, 3]]' where event_id = $1 and position = 1", [id]);
  await shop.publishChanges();
  const after = await waitFor(
    async () => {
      const event = await catalogue.find(id);
      return event !== before && event;
    },
    { what: "the edit" },
  );
  expect(after.sections.map((section, index) => section === before?.sections[index])).toEqual([
    true,
    false,
    true,
  ]);
});

test("a section that Redis has lost is brought again by who misses it first", async () => {
  const { id } = await openEvent(shop, { sections: [rowsOf(5), rowsOf(6)] });
  const [lost] = await shop.redis
    .hget(`${keys.event}:${id}:${await versionInRedis(id)}`, "sections")
    .then(digestsIn);
  await shop.redis.unlink(`${keys.section}:${lost}`);
  // Writes only what it changes: the lost one stays lost.
  await shop.pool.query("update sections set marks = '[[1, 3]]' where event_id = $1 and position = 1", [id]);
  await shop.publishChanges();
  const processes = [openProcess(), openProcess()];
  const found = await Promise.all(processes.map(({ catalogue }) => catalogue.find(id)));
  expect(found.map((event) => event?.sections.length)).toEqual([2, 2]);
  expect(processes.reduce((sum, { uses }) => sum + uses().events, 0)).toBe(1);
  expect(await shop.redis.exists(`${keys.section}:${lost}`)).toBe(1);
});

const versionInRedis = async (id: EventId) => (await readIndex(shop.redis, keys.index))?.versions.get(id);
const digestsIn = (text: string | null) => (text ?? "").split("|");

test("where the process that loads is killed, the others ask Postgres themselves after two seconds", async () => {
  const { id } = await openEvent(shop);
  await emptyRedis();
  await shop.redis.set(keys.loading(id), "1", "PX", 5_000);
  const { catalogue, uses } = openProcess();
  const startedMs = performance.now();
  const found = await Promise.all(Array.from({ length: 100 }, () => catalogue.find(id)));
  expect(found.every((event) => event?.id === id)).toBe(true);
  expect(performance.now() - startedMs).toBeLessThan(4_000);
  expect(uses()).toEqual({ versions: 1, events: 1 });
});

test("what a newer version has no use for is forgotten after a minute", async () => {
  const { id } = await openEvent(shop, { sections: [rowsOf(5), rowsOf(6)] });
  const old = `${keys.event}:${id}:${await versionInRedis(id)}`;
  const [kept, changed] = await shop.redis.hget(old, "sections").then(digestsIn);
  await shop.pool.query("update sections set marks = '[[1, 3]]' where event_id = $1 and position = 1", [id]);
  await shop.publishChanges();
  const secondsLeft = (key: string) => shop.redis.ttl(key);
  expect(await secondsLeft(old)).toBeLessThanOrEqual(60);
  expect(await secondsLeft(`${keys.section}:${changed}`)).toBeLessThanOrEqual(60);
  expect(await secondsLeft(`${keys.section}:${kept}`)).toBeGreaterThan(3_600);
});
