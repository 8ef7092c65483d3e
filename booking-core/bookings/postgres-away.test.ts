import { afterAll, beforeAll, expect, test } from "vitest";
import { startJobs } from "../../foundation/jobs/boss.ts";
import { createPool } from "../../foundation/postgres/pool.ts";
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

async function waitsForLock(): Promise<boolean> {
  const found = await shop.pool.query(
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return found.rowCount === 1;
}
