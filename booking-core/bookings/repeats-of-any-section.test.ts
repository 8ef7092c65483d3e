import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  best,
  bookNow,
  bookRequest,
  lettersIn,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  sectionOf,
} from "../../test/harness/shop.ts";
import { createCatalogue } from "../events/catalogue.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { best as bestSeats, claimOf } from "../seats/test-section.ts";
import { type BookRequest, identityOf } from "./book-request.ts";
import { createBookings } from "./bookings.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const openSecondGateway = () => createBookings({ ...shop, catalogue: createCatalogue(shop) });

/** As a gateway that died before its commit leaves it. */
async function holdOf(request: BookRequest, event: OnsaleEvent, place: number, quantity: number) {
  const { bookingId, requestHash } = identityOf(request);
  const claim = claimOf(sectionOf(event, place), bestSeats(quantity), bookingId, requestHash);
  expect(await shop.seats.claim(claim)).toMatchObject({ outcome: "held", quantity });
}

describe("a request for any section whose first attempt left a hold", () => {
  test("gets all its seats, also where that hold has only some of them", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(3), rowsOf(8), rowsOf(5)] });
    const same = bookRequest(event, [best(6)]);
    await holdOf(same, event, 1, 2);
    expect((await bookNow(shop, same)).quantity).toBe(6);
    const held = await Promise.all([0, 1, 2].map((place) => lettersIn(shop, event, place)));
    expect(held.join("").replaceAll("f", "")).toBe("hhhhhh");
  });

  test("comes later where the rest is to be had nowhere but beside that hold", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(2), rowsOf(8)] });
    const same = bookRequest(event, [best(6)]);
    await holdOf(same, event, 1, 2);
    expect(await shop.bookings.book(same)).toEqual({ outcome: "busy" });
    expect(await lettersIn(shop, event)).toBe("ff");
  });

  test("never takes the hold of another of its wishes for the one that it asks", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(2), rowsOf(8), rowsOf(9)] });
    const same = bookRequest(event, [best(2), best(3)]);
    await holdOf(same, event, 0, 2);
    await holdOf(same, event, 1, 3);
    expect(await shop.bookings.book(same)).toEqual({ outcome: "busy" });
    expect(await lettersIn(shop, event, 2)).toBe("fffffffff");
  });
});

test("a request that was served by one section alone finds its booking where only several together could serve it now", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(2), rowsOf(3)] });
  await bookNow(shop, bookRequest(event, best(1)));
  const same = bookRequest(event, [best(2)]);
  const booking = await bookNow(shop, same);
  expect(booking.seats.every(({ sectionId }) => sectionId === sectionOf(event, 1).id)).toBe(true);
  expect(await openSecondGateway().book(same)).toEqual({ outcome: "booked", booking, fresh: false });
  expect(await lettersIn(shop, event)).toBe("hf");
});

test("a request with several wishes for any section finds its booking, whatever is free by then", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(2), rowsOf(8), rowsOf(9)] });
  const same = bookRequest(event, [best(2), best(3)]);
  const booking = await bookNow(shop, same);
  expect(await openSecondGateway().book(same)).toEqual({ outcome: "booked", booking, fresh: false });
  expect(await lettersIn(shop, event, 2)).toBe("fffffffff");
});
