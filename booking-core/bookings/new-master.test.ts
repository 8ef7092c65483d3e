import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis as Node } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectRedis, type Redis } from "../../foundation/redis/connect.ts";
import { type RedisCluster, startRedisCluster } from "../../launch/redis-server.ts";
import {
  best,
  bookRequest,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  sectionOf,
  silent,
} from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import { createSeatEngine, type SeatEngine } from "../seats/seat-engine.ts";
import { type Bookings, createBookings } from "./bookings.ts";
import { createChangeOfMind } from "./change-of-mind.ts";

// A master and a replica of their own: this test kills the master.
const folder = mkdtempSync(join(tmpdir(), "onsale-master-"));
let [master, replica]: RedisCluster[] = [];
let [ofMaster, ofReplica]: Node[] = [];
let redis: Redis;
let shop: Shop;
let seats: SeatEngine;
beforeAll(async () => {
  master = await startRedisCluster({ masters: 1, folder: join(folder, "master"), persist: false });
  replica = await startRedisCluster({ masters: 1, folder: join(folder, "replica"), persist: false });
  [ofMaster, ofReplica] = [nodeOf(master), nodeOf(replica)];
  await follow(ofMaster, ofReplica);
  redis = connectRedis([...master.urls, ...replica.urls], silent);
  shop = await openShop();
  seats = createSeatEngine({ redis, clock: shop.clock });
});
afterAll(async () => {
  redis?.disconnect();
  ofMaster?.disconnect();
  ofReplica?.disconnect();
  await shop?.close();
  await Promise.all([master?.stop(), replica?.stop()]);
  rmSync(folder, { recursive: true });
});

function nodeOf({ nodes: [node] }: RedisCluster): Node {
  const client = new Node({ host: node?.host ?? "", port: node?.port ?? 0, maxRetriesPerRequest: 0 });
  return client.on("error", () => undefined);
}

const linkOf = async (node: Node) => /master_link_status:(\w+)/.exec(await node.info("replication"))?.[1];

async function follow(leader: Node, follower: Node): Promise<void> {
  await follower.call("CLUSTER", "RESET", "HARD");
  await follower.call("CLUSTER", "MEET", "127.0.0.1", String(leader.options.port));
  const id = String(await leader.call("CLUSTER", "MYID"));
  const begin = () => follower.call("CLUSTER", "REPLICATE", id).catch(() => false);
  await waitFor(begin, { what: "the replica to know its master" });
  await waitFor(async () => (await linkOf(follower)) === "up", { what: "the replica to have all" });
}

/** From now on the replica hears of nothing: it has a password that its master does not know. */
async function stopReplication(leader: Node, follower: Node): Promise<void> {
  await leader.wait(1, 5_000);
  await follower.config("SET", "masterauth", "a password that nobody asked for");
  await leader.call("CLIENT", "KILL", "TYPE", "REPLICA");
  await waitFor(async () => (await linkOf(follower)) === "down", { what: "the end of the replication" });
}

/** The master dies, and its replica takes its slots over. */
async function failOver(): Promise<void> {
  const [node] = master?.nodes ?? [];
  if (node === undefined || ofReplica === undefined) throw new Error("there is no master");
  process.kill(node.process.pid, "SIGKILL");
  await ofReplica.call("CLUSTER", "FAILOVER", "TAKEOVER");
}

test("after a fail-over that forgets sales the section is read from Postgres before it sells on, and sells what is left", async () => {
  const warnings: string[] = [];
  const logger = pino({ level: "warn" }, { write: (line) => void warnings.push(line) });
  const gateways = [1, 2].map(() => createBookings({ ...shop, seats, logger }));
  const [first, second] = gateways as [Bookings, Bookings];
  const event = await openEvent(shop, { sections: [rowsOf(10, 10, 10)] });
  const { id: sectionId } = sectionOf(event);
  const book = (bookings = first) => bookings.book(bookRequest(event, best(1)));
  for (let known = 0; known < 8; known += 1) expect((await book()).outcome).toBe("booked");
  const atFirst = await book();
  await stopReplication(ofMaster as Node, ofReplica as Node);
  for (let lost = 0; lost < 8; lost += 1) expect((await book()).outcome).toBe("booked");
  if (atFirst.outcome !== "booked") throw new Error(atFirst.outcome);
  const { id: bookingId, buyerId } = atFirst.booking;
  await createChangeOfMind({ ...shop, seats }).cancel({ bookingId, buyerId });
  const before = await seats.snapshot(event.id, sectionId);

  await failOver();
  const later = await waitFor(
    async () => {
      const outcome = await book();
      return outcome.outcome !== "unavailable" && outcome;
    },
    { what: "bookings from the new master", withinMs: 15_000 },
  );
  expect(later.outcome).toBe("booked");
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, (_, buyer) => book(buyer % 2 === 0 ? first : second)),
  );

  // 30 seats, 8 known and 8 forgotten ones, and the one of `later`.
  expect(outcomes.filter(({ outcome }) => outcome === "booked")).toHaveLength(13);
  expect(outcomes.filter(({ outcome }) => outcome === "sold_out")).toHaveLength(27);
  const sold = await shop.pool.query("select seat_number from booking_seats where section_id = $1 and live", [
    sectionId,
  ]);
  expect(new Set(sold.rows.map((row) => row.seat_number)).size).toBe(30);
  const after = await seats.snapshot(event.id, sectionId);
  expect(after).toMatchObject({ free: [0], seats: "1".repeat(30) });
  expect(after?.epoch).toBeGreaterThan(before?.epoch ?? Number.POSITIVE_INFINITY);
  // Postgres never had to refuse a seat: nothing was given before the section was read.
  expect(warnings.filter((line) => line.includes("Postgres refused"))).toEqual([]);
}, 60_000);
