import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BookingId } from "../../foundation/ids.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import {
  best,
  bookRequest,
  lettersIn,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  sectionOf,
} from "../../test/harness/shop.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { best as bestSeats, claimOf } from "../seats/test-section.ts";
import { createOrphanSearch } from "./orphan-holds.ts";
import { pay } from "./test-bookings.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** What a gateway leaves that died between claim and commit. */
async function leaveHold(event: OnsaleEvent, bookingId = randomUUID() as BookingId): Promise<void> {
  const claimed = await shop.seats.claim(claimOf(sectionOf(event), bestSeats(2), bookingId));
  expect(claimed.outcome).toBe("held");
}

async function book(event: OnsaleEvent): Promise<BookingId> {
  const outcome = await shop.bookings.book(bookRequest(event, best(2)));
  if (outcome.outcome !== "booked") throw new Error(outcome.outcome);
  return outcome.booking.id;
}

/** A search whose clock the test moves. */
function openSearch() {
  let aheadMs = 0;
  const search = createOrphanSearch({ ...shop, clock: { now: () => Date.now() + aheadMs } });
  return (afterMs: number) => {
    aheadMs = afterMs;
    return search();
  };
}

test("a hold without a booking is free when it is old enough, and not before", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(6)] });
  await leaveHold(event);
  await book(event);
  const search = openSearch();
  await search(25_000);
  expect(await lettersIn(shop, event)).toBe("hhhhff");
  await search(31_000);
  expect(await lettersIn(shop, event)).toBe("ffhhff");
});

test("holds that are made between two searches are found by the next", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(6)] });
  const search = openSearch();
  await search(0);
  await leaveHold(event);
  await search(31_000);
  expect(await lettersIn(shop, event)).toBe("ffffff");
});

test("a retry that is given an orphan in the moment of its release keeps its seats", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(6)] });
  const bookingId = randomUUID() as BookingId;
  await leaveHold(event, bookingId);
  await leaveHold(event);
  let retry: Promise<void> | undefined;
  const query = async (sql: string, values: unknown[]) => {
    retry ??= leaveHold(event, bookingId);
    await retry;
    return shop.pool.query(sql, values);
  };
  const pool = Object.assign(Object.create(shop.pool), { query });
  const catalogue = { ...shop.catalogue, list: async () => [event] };
  const clock = { now: () => Date.now() + 31_000 };
  await createOrphanSearch({ ...shop, pool, catalogue, clock })();
  expect(await lettersIn(shop, event)).toBe("hhffff");
});

test("the hold of a paid booking whose job was lost becomes sold", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(6)] });
  await pay(shop.pool, await book(event));
  await openSearch()(31_000);
  expect(await lettersIn(shop, event)).toBe("ssffff");
});

test("a section that cannot be searched keeps the holds of no other", async () => {
  const [broken, event] = [await openEvent(shop, { sections: [rowsOf(4)] }), await openEvent(shop)];
  await leaveHold(event);
  const { unpaid } = sectionKeys(broken.id, sectionOf(broken).id);
  await shop.redis.set(unpaid, "no sorted set");
  const list = async () => [broken, event];
  const clock = { now: () => Date.now() + 31_000 };
  const search = createOrphanSearch({ ...shop, clock, catalogue: { ...shop.catalogue, list } });
  await expect(search()).rejects.toThrow("1 of 2 sections");
  expect(await lettersIn(shop, event)).not.toContain("h");
  await shop.redis.del(unpaid);
});
