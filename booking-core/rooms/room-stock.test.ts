import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventId } from "../../foundation/ids.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import {
  best,
  bookRequest,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  sectionOf,
  standingOf,
} from "../../test/harness/shop.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { best as bestSeats, claimOf, newBookingId } from "../seats/test-section.ts";
import { createRoomStock } from "./room-stock.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

function openStock() {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  return { clock, stock: createRoomStock({ ...shop, clock }) };
}

async function book(event: OnsaleEvent, section: number, quantity: number) {
  const booked = await shop.bookings.book(bookRequest(event, best(quantity), { section }));
  if (booked.outcome !== "booked") throw new Error(booked.outcome);
  return { eventId: event.id, sectionId: sectionOf(event, section).id, ids: [booked.booking.id] };
}

const price = { category: "standard", priceMinor: "4500", currency: "EUR" };

test("what is left is told by price, over all its sections: free, and held and perhaps coming back", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(10), standingOf(20)] });
  await book(event, 0, 3);
  const sold = await book(event, 1, 4);
  expect(await openStock().stock(event.id)).toEqual([{ ...price, free: 23, held: 7 }]);
  await shop.seats.confirm(sold.eventId, sold.sectionId, sold.ids);
  expect(await openStock().stock(event.id)).toEqual([{ ...price, free: 23, held: 3 }]);
});

test("other prices are other lines", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(10), standingOf(20)] });
  const catalogue = { ...shop.catalogue, find: async () => withPrice(event, 900n) };
  expect(await createRoomStock({ ...shop, catalogue, clock: { now: () => 0 } })(event.id)).toEqual([
    { ...price, free: 10, held: 0 },
    { ...price, priceMinor: "900", free: 20, held: 0 },
  ]);
});

function withPrice(event: OnsaleEvent, amountMinor: bigint): OnsaleEvent {
  const sections = event.sections.map((section, index) =>
    index === 1
      ? {
          ...section,
          offers: section.offers.map((offer) => ({ ...offer, price: { amountMinor, currency: "EUR" } })),
        }
      : section,
  );
  return { ...event, sections };
}

test("nothing is said of an event that is unknown, or of which a section is not loaded", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(10), standingOf(20)] });
  await shop.redis.del(...Object.values(sectionKeys(event.id, sectionOf(event, 1).id)));
  expect(await openStock().stock(event.id)).toBeUndefined();
  expect(await openStock().stock(randomUUID() as EventId)).toBeUndefined();
});

test("the same is told for half a second and read anew afterwards", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(10)] });
  const { clock, stock } = openStock();
  expect(await stock(event.id)).toMatchObject([{ free: 10 }]);
  await book(event, 0, 1);
  clock.nowMs = 499;
  expect(await stock(event.id)).toMatchObject([{ free: 10 }]);
  clock.nowMs = 500;
  expect(await stock(event.id)).toMatchObject([{ free: 9, held: 1 }]);
});

test("a seat that is held and released all the time is never in neither count", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(1)] });
  const sectionId = sectionOf(event).id;
  let moving = true;
  const move = async () => {
    while (moving) {
      const bookingId = newBookingId();
      await shop.seats.claim(claimOf(sectionOf(event), bestSeats(1), bookingId));
      await shop.seats.release(event.id, sectionId, [bookingId]);
    }
  };
  const moves = [move(), move()];
  const sums = new Set<number>();
  for (let look = 0; look < 300; look += 1) {
    const [count] = await shop.seats.counts(event.id, [sectionId]);
    sums.add((count?.free[0] ?? 0) + (count?.held[0] ?? 0));
  }
  moving = false;
  await Promise.all(moves);
  expect([...sums]).toEqual([1]);
});
