import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../foundation/clock.ts";
import { connectRedis, type Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { type RedisCluster, startRedisCluster } from "../../launch/redis-server.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { LiveHold } from "./claim.ts";
import type { LoadableSection } from "./loadable-section.ts";
import { createSeatEngine, type SeatEngine } from "./seat-engine.ts";
import { best, claimOf, loadTestSection, newBookingId } from "./test-section.ts";

// A cluster of its own: this test moves slots.
const folder = mkdtempSync(join(tmpdir(), "onsale-slots-"));
let cluster: RedisCluster;
let redis: Redis;
let secondGateway: Redis;
beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 3, folder, persist: false });
  const silent = pino({ level: "silent" });
  redis = connectRedis(cluster.urls, silent);
  secondGateway = connectRedis(cluster.urls, silent);
});
afterAll(async () => {
  redis.disconnect();
  secondGateway.disconnect();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Master = { readonly id: string; readonly port: number; call(...words: string[]): Promise<unknown> };

async function masters(): Promise<Master[]> {
  return Promise.all(
    redis.nodes("master").map(async (node) => ({
      id: String(await node.call("CLUSTER", "MYID")),
      port: Number(node.options.port),
      call: (command: string, ...rest: string[]) => node.call(command, ...rest),
    })) as Promise<Master>[],
  );
}

/** As an operator's tool moves it: key by key, while it is used. */
async function moveSlot(slot: number, from: Master, to: Master, all: readonly Master[]): Promise<void> {
  await to.call("CLUSTER", "SETSLOT", String(slot), "IMPORTING", from.id);
  await from.call("CLUSTER", "SETSLOT", String(slot), "MIGRATING", to.id);
  for (;;) {
    const keys = (await from.call("CLUSTER", "GETKEYSINSLOT", String(slot), "1")) as string[];
    if (keys.length === 0) break;
    await from.call("MIGRATE", "127.0.0.1", String(to.port), "", "0", "5000", "KEYS", ...keys);
  }
  for (const node of [to, from, ...all.filter((other) => other !== to && other !== from)]) {
    await node.call("CLUSTER", "SETSLOT", String(slot), "NODE", to.id);
  }
}

/**
 * Masters tell each other who has a slot since which epoch. A tool that moves it on before they agree on both
 * makes them argue, each pointing at the other.
 */
async function agree(slot: number, owner: Master, all: readonly Master[]): Promise<boolean> {
  const views = await Promise.all(all.map(async (node) => String(await node.call("CLUSTER", "NODES"))));
  const lines = views.map(
    (view) =>
      view
        .split("\n")
        .find((line) => line.startsWith(owner.id))
        ?.split(" ") ?? [],
  );
  const epochs = new Set(lines.map((fields) => fields[6]));
  const own = (fields: string[]) => fields.slice(8).some((range) => contains(range, slot));
  return epochs.size === 1 && lines.every(own);
}

function contains(range: string, slot: number): boolean {
  const [first, last = first] = range.split("-").map(Number);
  return first !== undefined && last !== undefined && first <= slot && slot <= last;
}

/** The buyers know what they were given, as Postgres would: another process has to hear it before it sells on. */
function createBuyers(engines: readonly SeatEngine[], section: LoadableSection) {
  const held: LiveHold[] = [];
  const errors: unknown[] = [];
  let claims = 0;
  let isOpen = true;

  async function buy(seats: SeatEngine): Promise<void> {
    const bookingId = newBookingId();
    const outcome = await seats.claim(claimOf(section, best(1), bookingId));
    if (outcome.outcome === "held") held.push({ ...outcome, bookingId, requestHash: "hash", state: "held" });
    if (outcome.outcome !== "section_missing") return;
    const ends = await seats.endsSoFar(section.eventId, section.id);
    await seats.load(section, [...held], ends);
  }

  async function shop(seats: SeatEngine): Promise<void> {
    while (isOpen && claims < 9_900) {
      claims += 1;
      await buy(seats).catch((error: unknown) => errors.push(error));
    }
  }

  const done = Promise.all([...engines, ...engines].map(shop));
  async function close(): Promise<void> {
    isOpen = false;
    await done;
  }
  return { held, errors, close };
}

/** Automatic pipelining would hand these callers MOVED errors (docs/adr/0003); our connections do not use it. */
test("a slot moves under load without a lost or doubled claim, and no caller sees an error", async () => {
  const rows = Array.from({ length: 200 }, () => 50);
  const { seats, section } = await loadTestSection(redis, rows, [], systemClock);
  const slot = Number(await redis.cluster("KEYSLOT", sectionKeys(section.eventId, section.id).meta));
  const all = await masters();
  const other = createSeatEngine({ redis: secondGateway, clock: systemClock });
  const { held, errors, close } = createBuyers([seats, other], section);

  const ranges = await redis.cluster("SLOTS");
  const owner = ranges.find(([first, last]) => slot >= first && slot <= last)?.[2]?.[2];
  const order = [...all.filter(({ id }) => id === owner), ...all.filter(({ id }) => id !== owner)];
  for (let move = 0; move < 6; move += 1) {
    const [from, to] = [order[move % 3], order[(move + 1) % 3]];
    if (from === undefined || to === undefined) throw new Error("a cluster of three masters is needed");
    const before = held.length;
    await moveSlot(slot, from, to, all);
    await waitFor(() => agree(slot, to, all), { what: "all masters to agree on the slot's new place" });
    await waitFor(() => held.length > before + 40, { what: "claims on the slot's new place" });
  }
  await close();

  expect(errors).toEqual([]);
  expect(held.length).toBeGreaterThan(240);
  expect(new Set(held.flatMap(({ seatNumbers }) => seatNumbers)).size).toBe(held.length);
  const snapshot = await seats.snapshot(section.eventId, section.id);
  expect(snapshot?.seats.replaceAll("0", "")).toBe("1".repeat(held.length));
  expect(snapshot?.free).toEqual([section.capacity - held.length]);
  expect(snapshot?.epoch).toBeGreaterThan(6);
});
