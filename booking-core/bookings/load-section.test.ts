import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
import { createBookings } from "./bookings.ts";
import { applyHolds } from "./jobs.ts";
import { ensureLoaded, loadSection } from "./load-section.ts";
import { isOutage } from "./outage.ts";
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

test("a section comes back from Postgres with its sold and held seats, and a hold that is about to commit", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(10)] });
  await pay(shop.pool, await book(event, 2));
  await book(event, 3);
  await shop.seats.claim(claimOf(sectionOf(event), bestSeats(1), randomUUID() as BookingId));
  await loadSection(shop, sectionOf(event));
  expect(await lettersIn(shop, event)).toBe("sshhhhffff");
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
  await pay(shop.pool, id);
  const later = [1, 2, 3].map(() => loadSection({ ...shop, seats }, sectionOf(event)));
  letRead();
  await first;
  await Promise.all(later);
  expect(await lettersIn(shop, event)).toBe("ssffffffff");
  expect(readings).toBe(2);
});

describe("where others change the section again and again while it is read", () => {
  /** Every try finds that the section has moved on, after `before` has happened. */
  const movedAfter = (before: () => Promise<unknown>): { seats: Shop["seats"]; readings: () => number } => {
    let readings = 0;
    const load = async () => {
      readings += 1;
      await before();
      return "moved" as const;
    };
    return { seats: { ...shop.seats, load }, readings: () => readings };
  };

  test("who needs it as it is now tries on, and gives up in the end as in an outage", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(3)] });
    const { seats, readings } = movedAfter(() => loadFromAnother(event));
    const error = await loadSection({ ...shop, seats }, sectionOf(event)).catch((reason: unknown) => reason);
    expect(isOutage(error)).toBe(true);
    expect(readings()).toBe(20);
  });

  test("who only needs it loaded has it from the other", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(3)] });
    const { seats, readings } = movedAfter(() => loadFromAnother(event));
    await ensureLoaded({ ...shop, seats }, sectionOf(event));
    expect(readings()).toBe(1);
  });

  test("a booking is unavailable where nobody has built it", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(3)] });
    await shop.redis.del(Object.values(sectionKeys(event.id, sectionOf(event).id)));
    const { seats } = movedAfter(() => Promise.resolve());
    const bookings = createBookings({ ...shop, seats });
    expect(await bookings.book(bookRequest(event, best(2)))).toEqual({ outcome: "unavailable" });
  });

  async function loadFromAnother(event: OnsaleEvent) {
    const { eventId, id } = sectionOf(event);
    await shop.seats.load(sectionOf(event), [], await shop.seats.endsSoFar(eventId, id));
  }
});

test("a section whose count of free seats is wrong is built anew by the claim that finds it", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(4)] });
  await shop.redis.hset(sectionKeys(event.id, sectionOf(event).id).meta, "free", "6");
  expect(await shop.bookings.book(bookRequest(event, best(5)))).toMatchObject({ outcome: "sold_out" });
  await book(event, 4);
  expect(await lettersIn(shop, event)).toBe("hhhh");
});

test("payments and expiries while a section is read do not make it read again, and none is lost", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(10)] });
  const [paid, left] = [await book(event, 2), await book(event, 3)];
  let readings = 0;
  const seats = {
    ...shop.seats,
    load: async (...args: Parameters<Shop["seats"]["load"]>) => {
      readings += 1;
      await pay(shop.pool, paid);
      await endBookings(shop.pool, [left], "expired", Date.now());
      await applyHolds(shop, { bookingIds: [paid, left] });
      return shop.seats.load(...args);
    },
  };
  await loadSection({ ...shop, seats }, sectionOf(event));
  expect(await lettersIn(shop, event)).toBe("ssffffffff");
  expect(readings).toBe(1);
});
