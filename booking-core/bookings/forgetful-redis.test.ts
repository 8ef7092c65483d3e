import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { newBuyer, openEvent, openShop, rowsOf, type Shop, standingOf } from "../../test/harness/shop.ts";
import { createCatalogue } from "../events/catalogue.ts";
import type { PlannedSection } from "../events/create-event.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { best } from "../seats/test-section.ts";
import { createBookings } from "./bookings.ts";

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

const requestFor = (event: OnsaleEvent) => ({
  ...{ eventId: event.id, sectionId: sectionOf(event).id, wish: best(1), buyer: newBuyer() },
  idempotencyKey: randomUUID(),
});

/** As after a fail-over to a replica that had heard of no sale at all. */
async function forgetSales(event: OnsaleEvent): Promise<void> {
  const { id, capacity, kind } = sectionOf(event);
  const keys = sectionKeys(event.id, id);
  await shop.redis.del(keys.holds, keys.unpaid);
  await shop.redis.hset(keys.meta, "free", capacity);
  if (kind === "standing") return;
  await shop.redis.set(keys.seats, "f".repeat(capacity));
  for (const row of [0, 1, 2, 3, 4]) await shop.redis.setrange(keys.rows, row, "\x0a");
}

const sections: [string, PlannedSection][] = [
  ["seats", rowsOf(10, 10, 10, 10, 10)],
  ["standing places", standingOf(50)],
];

test.each(sections)(
  "200 buyers at two gateways for 30 left of 50 %s: 30 are booked, though Redis has forgotten what is sold",
  async (_, section) => {
    const event = await openEvent(shop, { sections: [section] });
    await Promise.all(Array.from({ length: 20 }, () => shop.bookings.book(requestFor(event))));
    await forgetSales(event);
    const other = createBookings({ ...shop, catalogue: createCatalogue(shop) });
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, buyer) =>
        (buyer % 2 === 0 ? shop.bookings : other).book(requestFor(event)),
      ),
    );
    const booked = outcomes.filter((outcome) => outcome.outcome === "booked").length;
    const places = await shop.pool.query<{ seat: number | null }>(
      "select seat_number as seat from booking_seats where section_id = $1 and live",
      [sectionOf(event).id],
    );
    expect(places.rowCount).toBe(20 + booked);
    expect(new Set(outcomes.map((outcome) => outcome.outcome))).toEqual(new Set(["booked", "sold_out"]));
    expect(booked).toBe(30);
    expect(await shop.seats.snapshot(event.id, sectionOf(event).id)).toMatchObject({ free: 0 });
  },
);
