import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BookingId } from "../../foundation/ids.ts";
import { newBuyer, openEvent, openShop, rowsOf, type Shop } from "../../test/harness/shop.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { best, claimOf } from "../seats/test-section.ts";
import { applyHolds } from "./jobs.ts";
import { loadSection } from "./load-section.ts";
import { endBookings, markPaid } from "./transitions.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

function sectionOf(event: OnsaleEvent) {
  const [section] = event.sections;
  if (section === undefined) throw new Error("an event without sections");
  return section;
}

async function book(event: OnsaleEvent, quantity: number): Promise<BookingId> {
  const outcome = await shop.bookings.book({
    ...{ eventId: event.id, sectionId: sectionOf(event).id, wish: best(quantity), buyer: newBuyer() },
    idempotencyKey: randomUUID(),
  });
  if (outcome.outcome !== "booked") throw new Error(outcome.outcome);
  return outcome.booking.id;
}

async function states(event: OnsaleEvent): Promise<string | undefined> {
  return (await shop.seats.snapshot(event.id, sectionOf(event).id))?.seats;
}

test("a section comes back from Postgres with its sold and held seats, and a hold that is about to commit", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(10)] });
  await markPaid(shop.pool, await book(event, 2));
  await book(event, 3);
  await shop.seats.claim(claimOf(sectionOf(event), best(1), randomUUID() as BookingId));
  await loadSection(shop, sectionOf(event));
  expect(await states(event)).toBe("sshhhhffff");
});

test("who asks while a section is loaded gets one that is read after the asking", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(10)] });
  const id = await book(event, 2);
  let readings = 0;
  let letRead: () => void = () => undefined;
  const open = new Promise<void>((resolve) => {
    letRead = resolve;
  });
  const seats = {
    ...shop.seats,
    load: async (...args: Parameters<Shop["seats"]["load"]>) => {
      readings += 1;
      if (readings === 1) await open;
      return shop.seats.load(...args);
    },
  };
  const first = loadSection({ ...shop, seats }, sectionOf(event));
  await expect.poll(() => readings).toBe(1);
  await markPaid(shop.pool, id);
  const later = [1, 2, 3].map(() => loadSection({ ...shop, seats }, sectionOf(event)));
  letRead();
  await first;
  await Promise.all(later);
  expect(await states(event)).toBe("ssffffffff");
  expect(readings).toBe(2);
});

test("payments and expiries while a section is read do not make it read again, and none is lost", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(10)] });
  const [paid, left] = [await book(event, 2), await book(event, 3)];
  let readings = 0;
  const seats = {
    ...shop.seats,
    load: async (...args: Parameters<Shop["seats"]["load"]>) => {
      readings += 1;
      await markPaid(shop.pool, paid);
      await endBookings(shop.pool, [left], "expired", Date.now());
      await applyHolds(shop, { bookingIds: [paid, left] });
      return shop.seats.load(...args);
    },
  };
  await loadSection({ ...shop, seats }, sectionOf(event));
  expect(await states(event)).toBe("ssffffffff");
  expect(readings).toBe(1);
});
