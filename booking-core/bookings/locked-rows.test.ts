import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import {
  best,
  bookNow,
  bookRequest,
  lettersIn,
  newBuyer,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  standingOf,
} from "../../test/harness/shop.ts";
import { expireOverdue } from "./jobs.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** As a long transaction of somebody else would. */
async function lock(text: string, values: readonly unknown[]): Promise<() => Promise<void>> {
  const blocker = await shop.pool.connect();
  await blocker.query("begin");
  const locked = await blocker.query(text, [...values]);
  expect(locked.rowCount).toBeGreaterThan(0);
  let held = true;
  const unlock = async () => {
    if (!held) return;
    held = false;
    await blocker.query("rollback");
    blocker.release();
  };
  onTestFinished(unlock);
  return unlock;
}

test("a booking whose buyer's row is locked fails alone, and not the group it came with", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(20)], rules: { mostPerIdentity: 8 } });
  const buyer = newBuyer();
  await bookNow(shop, bookRequest(event, best(1), { buyer }));
  const unlock = await lock("select from identity_seats where event_id = $1 and identity = $2 for update", [
    event.id,
    buyer.identity,
  ]);
  const requests = Array.from({ length: 9 }, () => bookRequest(event, best(1)));
  const [locked, ...others] = await Promise.all(
    [bookRequest(event, best(1), { buyer }), ...requests].map((request) => shop.bookings.book(request)),
  );
  await unlock();
  expect(locked).toEqual({ outcome: "unavailable" });
  expect(others.map(({ outcome }) => outcome)).toEqual(others.map(() => "booked"));
  expect((await lettersIn(shop, event)).replaceAll("f", "")).toBe("h".repeat(10));
});

test("bookings of a standing section whose row is locked fail together, and not those of other sections", async () => {
  const event = await openEvent(shop, { sections: [standingOf(20), standingOf(30), rowsOf(10)] });
  const [stuck] = event.sections;
  const unlock = await lock("select from sections where id = $1 for update", [stuck?.id]);
  const outcomes = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      shop.bookings.book(bookRequest(event, best(1), { section: index % 3 })),
    ),
  );
  await unlock();
  const expected = outcomes.map((_, index) => (index % 3 === 0 ? "unavailable" : "booked"));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(expected);
  const ids = event.sections.map(({ id }) => id);
  const counts = await shop.seats.counts(event.id, ids);
  expect(counts.map((count) => count?.held[0])).toEqual([0, 4, 4]);
});

test("events with locked rows keep no other event's seats beyond their deadline, and are tried again", async () => {
  const stuck = await Promise.all(
    Array.from({ length: 5 }, () => openEvent(shop, { sections: [standingOf(9)] })),
  );
  const fine = await openEvent(shop, { sections: [rowsOf(4)] });
  for (const event of [...stuck, fine]) await bookNow(shop, bookRequest(event, best(2)));
  const unlock = await lock("select from sections where event_id = any($1::uuid[]) for update", [
    stuck.map(({ id }) => id),
  ]);
  const later = { ...shop, clock: { now: () => Date.now() + 24 * 60 * 60_000 } };
  const startedAtMs = performance.now();
  await expect(expireOverdue(later)).rejects.toThrow(/^5 of \d+ failed/);
  expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  expect(await lettersIn(shop, fine)).toBe("ffff");
  await unlock();
  await expireOverdue(later);
  const sections = stuck.map(({ id, sections: [section] }) =>
    shop.seats.counts(id, section ? [section.id] : []),
  );
  expect(await Promise.all(sections)).toEqual(stuck.map(() => [{ free: [9], held: [0] }]));
}, 20_000);
