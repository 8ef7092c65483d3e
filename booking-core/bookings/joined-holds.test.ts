import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
  sectionOf,
  standingOf,
  wishIn,
} from "../../test/harness/shop.ts";
import { createCatalogue } from "../events/catalogue.ts";
import type { BookingsParts } from "./book-parts.ts";
import type { BookOutcome, BookRequest } from "./book-request.ts";
import { createBookings } from "./bookings.ts";
import { loadSection } from "./load-section.ts";

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

describe("a request that is refused at two gateways at once leaves nothing held", () => {
  const twice = async (request: BookRequest) => {
    const gateways = [shop.bookings, openGateway()];
    return (await Promise.all(gateways.map((gateway) => gateway.book(request)))).map(
      ({ outcome }) => outcome,
    );
  };

  test("of a buyer who has all that one may have", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(50)], rules: { mostPerIdentity: 1 } });
    const buyer = newBuyer();
    await bookNow(shop, bookRequest(event, best(1), { buyer }));
    for (let round = 0; round < 12; round += 1)
      expect(await twice(bookRequest(event, best(4), { buyer }))).toEqual([
        "buyer_limit_reached",
        "buyer_limit_reached",
      ]);
    expect((await lettersIn(shop, event)).replaceAll("f", "")).toBe("h");
  });

  test("of two wishes whose second one is sold out", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(50), rowsOf(1)] });
    for (let round = 0; round < 12; round += 1)
      expect(await twice(bookRequest(event, [wishIn(event, best(4)), wishIn(event, best(2), 1)]))).toEqual([
        "sold_out",
        "sold_out",
      ]);
    expect((await lettersIn(shop, event)).replaceAll("f", "")).toBe("");
  });
});

test("a request that is refused while its section is rebuilt leaves nothing held", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(50)], rules: { mostPerIdentity: 1 } });
  const buyer = newBuyer();
  await bookNow(shop, bookRequest(event, best(1), { buyer }));
  // After the claim, before the commit.
  let rebuilt = 0;
  const connect = async () => {
    await loadSection(shop, sectionOf(event));
    rebuilt += 1;
    return shop.pool.connect();
  };
  const pool = Object.assign(Object.create(shop.pool), { connect, query: shop.pool.query.bind(shop.pool) });
  const gateway = openGateway({ pool });
  for (let round = 0; round < 3; round += 1)
    expect(await gateway.book(bookRequest(event, best(8), { buyer }))).toMatchObject({
      outcome: "buyer_limit_reached",
    });
  expect(rebuilt).toBeGreaterThanOrEqual(3);
  expect((await lettersIn(shop, event)).replaceAll("f", "")).toBe("h");
});
