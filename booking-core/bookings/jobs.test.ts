import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BookingId } from "../../foundation/ids.ts";
import { type Jobs, startJobs } from "../../foundation/jobs/boss.ts";
import { limits } from "../../foundation/limits.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
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
import { waitFor } from "../../test/harness/wait-for.ts";
import type { OnsaleEvent } from "../events/event.ts";
import type { BookingChange } from "./booking.ts";
import { applyHolds, applyHoldsOfJobs, expireBookings, expireOverdue } from "./jobs.ts";
import { pay } from "./test-bookings.ts";
import { endBookings } from "./transitions.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

async function book(event: OnsaleEvent, quantity: number): Promise<BookingId> {
  const outcome = await shop.bookings.book(bookRequest(event, best(quantity)));
  if (outcome.outcome !== "booked") throw new Error(outcome.outcome);
  return outcome.booking.id;
}

const statusOf = async (bookingId: BookingId) =>
  (await shop.pool.query("select status from bookings where id = $1", [bookingId])).rows[0].status;

/** A worker as one process would hold it: pg-boss of its own, with the jobs of bookings. */
async function startWorker(parts: Shop): Promise<Jobs> {
  const jobs = await startJobs(parts.databaseUrl, silent, { work: true });
  await jobs.work("expire-bookings", { concurrency: 2 }, (data) => expireBookings(parts, data));
  await jobs.workGroups("apply-holds", limits.booking.holdJobs, (group) => applyHoldsOfJobs(parts, group));
  return jobs;
}

async function hearExpired(event: OnsaleEvent) {
  const heard: BookingId[] = [];
  const listener = (change: BookingChange) => {
    if (change.status === "expired") heard.push(change.bookingId);
  };
  return { heard, stop: await shop.changes.watch(event.id, listener) };
}

describe("expiry", () => {
  test("frees the seats within 5 s of the deadline, each booking once, with two workers", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(10, 10)], paymentWindowMs: 1_000 });
    const news = await hearExpired(event);
    const ids = await Promise.all(Array.from({ length: 10 }, () => book(event, 2)));
    const deadlineMs = Date.now() + 1_000;
    expect(await lettersIn(shop, event)).toBe("h".repeat(20));
    const workers = await Promise.all([startWorker(shop), startWorker(shop)]);
    await waitFor(async () => (await lettersIn(shop, event)) === "f".repeat(20), {
      what: "the seats to be free",
    });
    expect(Date.now() - deadlineMs).toBeLessThan(5_000);
    await waitFor(() => news.heard.length >= ids.length, { what: "the news of the expiry" });
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(news.heard.toSorted()).toEqual(ids.toSorted());
    await news.stop();
  });

  test("gives standing places back once, however many workers end them at the same time", async () => {
    const event = await openEvent(shop, { sections: [standingOf(40)], paymentWindowMs: 1_000 });
    await Promise.all(Array.from({ length: 10 }, () => book(event, 3)));
    const later = { ...shop, clock: { now: () => Date.now() + 2_000 } };
    await Promise.all(Array.from({ length: 4 }, () => expireBookings(later, { eventId: event.id })));
    const taken = await shop.pool.query("select standing_taken from sections where event_id = $1", [
      event.id,
    ]);
    expect(taken.rows).toEqual([{ standing_taken: 0 }]);
    expect(await shop.seats.snapshot(event.id, sectionOf(event).id)).toMatchObject({ free: [40] });
  });

  test("ends a booking whose job was lost, and no booking before its deadline", async () => {
    const event = await openEvent(shop, { paymentWindowMs: 60_000 });
    const id = await book(event, 2);
    await shop.pool.query("delete from pgboss.job where name = 'expire-bookings'");
    await expireOverdue(shop);
    expect(await statusOf(id)).toBe("pending_payment");
    await expireOverdue({ ...shop, clock: { now: () => Date.now() + 62_000 } });
    expect(await statusOf(id)).toBe("expired");
    expect(await lettersIn(shop, event)).toBe("f".repeat(20));
  });

  test("leaves a booking that was paid in the last moment its seats", async () => {
    const event = await openEvent(shop, { paymentWindowMs: 1_000 });
    const id = await book(event, 2);
    const later = { ...shop, clock: { now: () => Date.now() + 2_000 } };
    const [paid] = await Promise.all([pay(shop.pool, id), expireBookings(later, { eventId: event.id })]);
    expect(await statusOf(id)).toBe(paid ? "paid" : "expired");
    await applyHolds(shop, { bookingIds: [id] });
    expect((await lettersIn(shop, event)).startsWith(paid ? "ss" : "ff")).toBe(true);
  });
});

describe("the hold of a booking", () => {
  test("follows the booking's state, in whatever order its jobs come", async () => {
    const event = await openEvent(shop);
    const [pending, paid, ended] = [await book(event, 1), await book(event, 1), await book(event, 1)];
    await pay(shop.pool, paid);
    await inTransaction(shop.pool, (sql) => endBookings(sql, [ended], "failed", Date.now()));
    for (const bookingIds of [[ended, paid], [pending], [paid, pending, ended]])
      await applyHolds(shop, { bookingIds });
    expect((await lettersIn(shop, event)).slice(0, 4)).toBe("hsff");
  });
});

describe("jobs that bring holds up together", () => {
  test("come again only where a section of theirs failed", async () => {
    const [event, failing] = [await openEvent(shop), await openEvent(shop)];
    const [fine, other, stuck] = [await book(event, 1), await book(event, 1), await book(failing, 1)];
    for (const id of [fine, other, stuck]) await pay(shop.pool, id);
    const seats = {
      ...shop.seats,
      confirm: (...args: Parameters<typeof shop.seats.confirm>) =>
        args[0] === failing.id ? Promise.reject(new Error("away")) : shop.seats.confirm(...args),
    };
    const jobs = [
      { id: "fine", data: { bookingIds: [fine] } },
      { id: "stuck", data: { bookingIds: [other, stuck] } },
    ];
    expect(await applyHoldsOfJobs({ ...shop, seats }, jobs)).toEqual(new Map([["stuck", new Error("away")]]));
    expect((await lettersIn(shop, event)).slice(0, 3)).toBe("ssf");
    expect((await lettersIn(shop, failing)).slice(0, 2)).toBe("hf");
    expect(await applyHoldsOfJobs(shop, jobs)).toEqual(new Map());
    expect((await lettersIn(shop, failing)).slice(0, 2)).toBe("sf");
  });
});

describe("an end", () => {
  test("comes from a state that allows it, once", async () => {
    const event = await openEvent(shop);
    const [pending, paid] = [await book(event, 1), await book(event, 1)];
    expect([await pay(shop.pool, paid), await pay(shop.pool, paid)]).toEqual([true, false]);
    const end = () =>
      inTransaction(shop.pool, (sql) => endBookings(sql, [pending, paid], "cancelled", Date.now()));
    const ends = await Promise.all([end(), end()]);
    expect(ends.flat().map((booking) => booking.id)).toEqual([pending]);
    expect(await pay(shop.pool, pending)).toBe(false);
  });
});
