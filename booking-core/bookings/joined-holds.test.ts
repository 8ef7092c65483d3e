import { afterAll, beforeAll, expect, test } from "vitest";
import {
  best,
  bookRequest,
  lettersIn,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  standingOf,
  wishIn,
} from "../../test/harness/shop.ts";
import { createCatalogue } from "../events/catalogue.ts";
import type { BookingsParts } from "./book-parts.ts";
import type { BookOutcome, BookRequest } from "./book-request.ts";
import { createBookings } from "./bookings.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const openGateway = (parts: Partial<BookingsParts> = {}) =>
  createBookings({ ...shop, catalogue: createCatalogue(shop), ...parts });

/** Postgres refuses the commit of the first gateway, after the second was answered. */
async function bookAtBoth(request: BookRequest): Promise<{ first: BookOutcome; second: BookOutcome }> {
  let atSecond: Promise<BookOutcome> | undefined;
  const connect = async () => {
    atSecond ??= openGateway().book(request);
    await atSecond;
    throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  };
  const pool = Object.assign(Object.create(shop.pool), { connect, query: shop.pool.query.bind(shop.pool) });
  const first = await openGateway({ pool }).book(request);
  if (atSecond === undefined) throw new Error("the first gateway has committed nothing");
  return { first, second: await atSecond };
}

test("a gateway whose commit fails leaves the seats that another has booked meanwhile by the same request", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(4), standingOf(5)] });
  const request = bookRequest(event, [wishIn(event, best(2)), wishIn(event, best(3), 1)]);
  const { first, second } = await bookAtBoth(request);
  expect(first).toEqual({ outcome: "unavailable" });
  expect(second).toMatchObject({ outcome: "booked", fresh: true });
  expect(await lettersIn(shop, event)).toBe("hhff");
  const floor = event.sections.map(({ id }) => id).slice(1);
  expect(await shop.seats.counts(event.id, floor)).toEqual([{ free: [2], held: [3] }]);
});
