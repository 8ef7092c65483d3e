import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../foundation/limits.ts";
import { best, bookRequest, openEvent, openShop, type Shop, standingOf } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { OnsaleEvent } from "../events/event.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const book = (event: OnsaleEvent) => shop.bookings.book(bookRequest(event, best(1)));

test("bookings of one event do not wait for the locked rows of another", async () => {
  const sections = [standingOf(20)];
  const [stuck, other] = [await openEvent(shop, { sections }), await openEvent(shop, { sections })];
  const blocker = await shop.pool.connect();
  await blocker.query("begin");
  await blocker.query("select from sections where event_id = $1 for update", [stuck.id]);
  const waiting = [];
  // Each in a group of its own, until the event has as many commits under way as it may.
  for (let commits = 1; commits <= limits.booking.commitsAtOnce; commits += 1) {
    waiting.push(book(stuck));
    const most = Math.min(commits, limits.booking.commitsAtOnce - 1);
    await waitFor(async () => (await countLocked()) >= most, {
      what: `${most} commits to wait for the lock`,
    });
  }
  expect((await book(other)).outcome).toBe("booked");
  expect(await countLocked()).toBe(limits.booking.commitsAtOnce - 1);
  await blocker.query("rollback");
  blocker.release();
  const outcomes = await Promise.all(waiting);
  expect(outcomes.every(({ outcome }) => outcome === "booked")).toBe(true);
});

async function countLocked(): Promise<number> {
  const found = await shop.pool.query(
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return found.rowCount ?? 0;
}
