import { afterAll, beforeAll, expect, test } from "vitest";
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
import { createCatalogue } from "../events/catalogue.ts";
import type { OnsaleEvent } from "../events/event.ts";
import type { PlannedSection } from "../events/plan.ts";
import { createBookings } from "./bookings.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const requestFor = (event: OnsaleEvent) => bookRequest(event, best(1));

/** As after a fail-over to a replica that had heard of no sale at all. */
async function forgetSales(event: OnsaleEvent): Promise<void> {
  const section = sectionOf(event);
  const keys = sectionKeys(event.id, section.id);
  await shop.redis.del(keys.holds, keys.unpaid);
  await shop.seats.load(section, [], await shop.seats.endsSoFar(event.id, section.id));
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
    expect(await shop.seats.snapshot(event.id, sectionOf(event).id)).toMatchObject({ free: [0] });
  },
);
