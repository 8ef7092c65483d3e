import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BookingId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { best, bookNow, bookRequest, openEvent, openShop, type Shop } from "../../test/harness/shop.ts";
import { createEarlierBookings } from "./earlier-bookings.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** Says how many of its queries were under way at once. */
function countedPool() {
  const seen = { queries: 0, running: 0, most: 0 };
  const query = async (text: string, values: unknown[]) => {
    seen.queries += 1;
    seen.running += 1;
    seen.most = Math.max(seen.most, seen.running);
    await shop.pool.query("select pg_sleep(0.03)");
    return shop.pool.query(text, values).finally(() => {
      seen.running -= 1;
    });
  };
  return { seen, pool: { query } as unknown as Pool };
}

test("however many ask while Postgres is slow, one question is under way", async () => {
  const { seen, pool } = countedPool();
  const earlier = createEarlierBookings({ pool });
  const asked: Promise<unknown>[] = [];
  for (let round = 0; round < 10; round += 1) {
    for (let index = 0; index < 50; index += 1) asked.push(earlier.find(randomUUID() as BookingId));
    await shop.pool.query("select pg_sleep(0.005)");
  }
  expect(await Promise.all(asked)).toEqual(asked.map(() => undefined));
  expect(seen.most).toBe(1);
  expect(seen.queries).toBeLessThan(10);
});

test("who asks later is answered too, each with the booking of that id", async () => {
  const event = await openEvent(shop);
  const earlier = createEarlierBookings(shop);
  for (let round = 0; round < 3; round += 1) {
    const booking = await bookNow(shop, bookRequest(event, best(1)));
    const [known, other] = await Promise.all([booking.id, randomUUID() as BookingId].map(earlier.find));
    expect([known, other]).toEqual([expect.objectContaining({ booking }), undefined]);
  }
});

test("while Postgres says nothing who asks is told so after a while, and past the bound at once", async () => {
  const silence = Promise.withResolvers<never>();
  const earlier = createEarlierBookings({ pool: { query: () => silence.promise } as unknown as Pool });
  const ask = () => earlier.find(randomUUID() as BookingId);
  const first = ask();
  const { waiting, waitMs } = limits.booking.repeats;
  const startedMs = performance.now();
  const asked = Array.from({ length: waiting }, ask);
  expect(await ask()).toBe("busy");
  expect(performance.now() - startedMs).toBeLessThan(waitMs);
  expect(new Set(await Promise.all([first, ...asked]))).toEqual(new Set(["busy"]));
  expect(performance.now() - startedMs).toBeGreaterThan(waitMs / 2);
});
