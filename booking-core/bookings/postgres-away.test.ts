import { afterAll, beforeAll, expect, test } from "vitest";
import { startJobs } from "../../foundation/jobs/boss.ts";
import { createPool, type Pool } from "../../foundation/postgres/pool.ts";
import {
  best,
  bookRequest,
  lettersIn,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  sectionOf,
  silent,
  standingOf,
} from "../../test/harness/shop.ts";
import { proxyForThisTest } from "../../test/harness/tcp-proxy.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import { createCatalogue } from "../events/catalogue.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { createReadModel } from "../events/read-model/read-model.ts";
import { createBookings } from "./bookings.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** A gateway whose way to Postgres can be broken; the shop's own stays whole. */
async function openRemoteGateway(clock = shop.clock) {
  const proxy = await proxyForThisTest(shop.databaseUrl);
  const pool = createPool(proxy.url, 4);
  const jobs = await startJobs(shop.databaseUrl, silent, { work: false });
  const bookings = createBookings({
    ...shop,
    pool,
    jobs,
    clock,
    catalogue: createCatalogue({ ...shop, readModel: createReadModel({ ...shop, pool }), clock }),
  });
  const close = async () => {
    await bookings.drain();
    await jobs.stop();
    await pool.end();
  };
  return { proxy, bookings, close };
}

const request = (event: OnsaleEvent) => bookRequest(event, best(2));

test("where Postgres refuses connections, a booking is unavailable and its seats are free again", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(4)] });
  const remote = await openRemoteGateway();
  expect((await remote.bookings.book(request(event))).outcome).toBe("booked");
  remote.proxy.cut();
  expect(await remote.bookings.book(request(event))).toEqual({ outcome: "unavailable" });
  expect(await lettersIn(shop, event)).toBe("hhff");
  remote.proxy.mend();
  expect((await remote.bookings.book(request(event))).outcome).toBe("booked");
  await remote.close();
});

test("it stays unavailable, and does not break, when the events known in memory have become too old", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(4)] });
  let aheadMs = 0;
  const remote = await openRemoteGateway({ now: () => Date.now() + aheadMs });
  expect((await remote.bookings.book(request(event))).outcome).toBe("booked");
  remote.proxy.cut();
  aheadMs = 5_000;
  expect(await remote.bookings.book(request(event))).toEqual({ outcome: "unavailable" });
  await remote.close();
});

test("a connection that dies in the middle of a commit's statements leaves nothing behind", async () => {
  const event = await openEvent(shop, { sections: [standingOf(4)] });
  const free = async () => (await shop.seats.counts(event.id, [sectionOf(event).id]))[0]?.free[0];
  const remote = await openRemoteGateway();
  const blocker = await shop.pool.connect();
  await blocker.query("begin");
  await blocker.query("select from sections where event_id = $1 for update", [event.id]);
  const outcome = remote.bookings.book(request(event));
  await waitFor(async () => (await free()) === 2, { what: "the places to be held" });
  await waitFor(waitsForLock, { what: "the booking to wait for the lock" });
  remote.proxy.cut();
  expect(await outcome).toEqual({ outcome: "unavailable" });
  expect(await free()).toBe(4);
  await blocker.query("rollback");
  blocker.release();
  await remote.close();
});

test("a commit whose answer is lost is found to have happened", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(4)] });
  const remote = await openRemoteGateway();
  remote.proxy.cutAfter("commit");
  const wanted = request(event);
  const outcome = await remote.bookings.book(wanted);
  expect(outcome).toMatchObject({ outcome: "booked", fresh: true });
  if (outcome.outcome !== "booked") return;
  expect(await shop.bookings.find(wanted.buyer.buyerId, outcome.booking.id)).toEqual(outcome.booking);
  expect(await lettersIn(shop, event)).toBe("hhff");
  await remote.close();
});

/**
 * As a server that dies in the commit and forgets the transaction, whose number it gives to another one when it is back:
 * what was not yet in its log is gone, numbers too.
 */
function forgetful(pool: Pool, transaction: string): Pool {
  const connect = async () => {
    const connection = await pool.connect();
    const query = async (statement: string | object, values?: unknown[]) => {
      if (statement === "commit") {
        await connection.query("rollback");
        throw new Error("Connection terminated unexpectedly");
      }
      const result = await connection.query(statement as string, values);
      if (typeof statement !== "string" || !statement.startsWith("begin;")) return result;
      return [{}, {}, { rows: [{ id: transaction }] }];
    };
    return { query, release: connection.release.bind(connection) };
  };
  return { connect, query: pool.query.bind(pool) } as unknown as Pool;
}

test("a commit that died with the server is not taken for another one, which has its number since", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(4)] });
  const other = await shop.pool.query<{ id: string }>("select pg_current_xact_id()::text as id");
  const pool = forgetful(shop.pool, other.rows[0]?.id ?? "");
  const wanted = request(event);
  expect(await createBookings({ ...shop, pool }).book(wanted)).toEqual({ outcome: "unavailable" });
  expect(await lettersIn(shop, event)).toBe("ffff");
  expect(await shop.bookings.book(wanted)).toMatchObject({ outcome: "booked", fresh: true });
});

async function waitsForLock(): Promise<boolean> {
  const found = await shop.pool.query(
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return found.rowCount === 1;
}
