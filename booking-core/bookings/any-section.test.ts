import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SectionId } from "../../foundation/ids.ts";
import {
  best,
  bookNow,
  bookRequest,
  lettersIn,
  manual,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  sectionOf,
  standingOf,
  wishIn,
} from "../../test/harness/shop.ts";
import type { OnsaleEvent } from "../events/event.ts";
import type { PlannedSection } from "../events/plan.ts";
import type { Booking } from "./booking.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const offers = [
  { category: "gold", faceMinor: 9_000n },
  { category: "silver", faceMinor: 5_000n },
  { category: "bronze", faceMinor: 2_000n },
];

/** One row an offer. */
const rowOf = (category: string, seats: number | string): PlannedSection => ({
  name: category,
  kind: "seated",
  rows: [{ label: "1", seats, category, centre: 0 }],
});

const threePrices = (...seats: [number, number, number]) =>
  openEvent(shop, {
    offers,
    sections: offers.map(({ category }, place) => rowOf(category, seats[place] ?? 0)),
  });

/** How many seats of which section. */
function shares(event: OnsaleEvent, { seats }: Booking): number[] {
  return event.sections.map(({ id }) => seats.filter(({ sectionId }) => sectionId === id).length);
}

const bookBest = (event: OnsaleEvent, wish: Parameters<typeof best>) =>
  bookNow(shop, bookRequest(event, [best(...wish)]));

describe("the best seats of any section", () => {
  test("are those of the first category that has all of them", async () => {
    const event = await threePrices(2, 4, 9);
    const categories = ["silver", "gold", "bronze"];
    expect(shares(event, await bookBest(event, [3, { categories }]))).toEqual([0, 3, 0]);
    expect(shares(event, await bookBest(event, [2, { categories }]))).toEqual([2, 0, 0]);
    expect(shares(event, await bookBest(event, [2, { categories }]))).toEqual([0, 0, 2]);
  });

  test("are of one category before the next also in a section that is named, over both views", async () => {
    const rows = [
      { label: "1", seats: "vo", category: "gold", centre: 0 },
      { label: "2", seats: "oooo", category: "silver", centre: 0 },
    ];
    for (const isNamed of [true, false]) {
      const event = await openEvent(shop, { offers, sections: [{ name: "s", kind: "seated", rows }] });
      const wish = best(2, { categories: ["gold", "silver"] });
      const { seats } = await bookNow(shop, bookRequest(event, isNamed ? wish : [wish]));
      expect(seats.map(({ price }) => price.amountMinor)).toEqual([9_000n, 9_000n]);
    }
  });

  test("cost no more than the buyer says, and each what its own offer says", async () => {
    const event = await threePrices(4, 4, 4);
    const { seats, total } = await bookBest(event, [2, { upTo: 5_000 }]);
    expect(seats.map(({ price }) => price.amountMinor)).toEqual([5_000n, 5_000n]);
    expect(total.amountMinor).toBe(10_000n);
  });

  test.each<[Parameters<typeof best>[1], string[]]>([
    [{ upTo: 1_999 }, ["upTo"]],
    [{ categories: ["Nope"], restrictedView: true }, ["categories"]],
    [{ sectionId: randomUUID() as SectionId, upTo: 9_999 }, ["sectionId"]],
    [{ categories: ["Nope"], upTo: 1 }, ["categories", "upTo"]],
    [{ categories: ["gold"], upTo: 5_000 }, ["categories", "upTo"]],
  ])("are refused where nothing that is offered fits %j, with what of it that is", async (wish, unmet) => {
    const event = await threePrices(4, 4, 4);
    const nothing = { outcome: "nothing_offered", wish: 0, unmet };
    expect(await shop.bookings.book(bookRequest(event, [best(1, wish)]))).toEqual(nothing);
    const second = [best(1, { sectionId: sectionOf(event).id }), best(1, wish)];
    expect(await shop.bookings.book(bookRequest(event, second))).toEqual({ ...nothing, wish: 1 });
  });

  test("are not for who refuses restricted views where there are no others", async () => {
    const event = await openEvent(shop, {
      sections: [rowOf("view", "vv")],
      offers: [{ category: "view", faceMinor: 1_000n }],
    });
    expect(await shop.bookings.book(bookRequest(event, [best(1, { restrictedView: false })]))).toEqual({
      ...{ outcome: "nothing_offered", wish: 0, unmet: ["restrictedView"] },
    });
  });

  test("are of several sections where none has all, and are each paid at its price", async () => {
    const event = await threePrices(2, 2, 2);
    const booking = await bookBest(event, [5]);
    expect(shares(event, booking)).toEqual([2, 2, 1]);
    expect(booking.total.amountMinor).toBe(30_000n);
    expect(booking.seats.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4]);
    expect(await shop.bookings.find(booking.buyerId, booking.id)).toEqual(booking);
  });

  test("are refused where all sections together have too few, and nothing stays held", async () => {
    const event = await threePrices(2, 2, 1);
    expect(await shop.bookings.book(bookRequest(event, [best(6)]))).toEqual({ outcome: "sold_out", free: 5 });
    for (const place of [0, 1, 2]) expect(await lettersIn(shop, event, place)).not.toContain("h");
  });

  test("are as many as there are where fewer are welcome", async () => {
    const event = await threePrices(2, 1, 1);
    expect((await bookBest(event, [6, { fewer: true }])).quantity).toBe(4);
    expect(await shop.bookings.book(bookRequest(event, [best(6, { fewer: true })]))).toMatchObject({
      outcome: "sold_out",
    });
  });

  test("have a restricted view only for who has nothing against it", async () => {
    const event = await openEvent(shop, {
      sections: [rowOf("view", "vvoo")],
      offers: [{ category: "view", faceMinor: 1_000n }],
    });
    const full = { restrictedView: false };
    const { seats } = await bookNow(shop, bookRequest(event, best(2, full)));
    expect(await lettersIn(shop, event)).toBe("hhff");
    expect(seats.map(({ seatNumber }) => seatNumber)).toEqual([0, 1]);
    expect(await shop.bookings.book(bookRequest(event, best(1, full)))).toEqual({
      outcome: "sold_out",
      free: 0,
    });
    expect((await bookNow(shop, bookRequest(event, best(2)))).quantity).toBe(2);
  });

  test("are those of a booking that was made before, also when nothing is free any more", async () => {
    const event = await threePrices(2, 2, 1);
    const same = bookRequest(event, [best(5)]);
    const booking = await bookNow(shop, same);
    expect(await shop.bookings.book(same)).toEqual({ outcome: "booked", booking, fresh: false });
  });
});

describe("several wishes", () => {
  test("are one booking, over seats and standing places", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(4), standingOf(5), rowsOf(6)] });
    const wishes = [wishIn(event, manual(1, 2)), wishIn(event, best(3), 1), wishIn(event, best(1), 2)];
    const booking = await bookNow(shop, bookRequest(event, wishes));
    expect(shares(event, booking)).toEqual([2, 3, 1]);
    expect(await lettersIn(shop, event)).toBe("fhhf");
    const taken = await shop.pool.query("select standing_taken from sections where id = $1", [
      sectionOf(event, 1).id,
    ]);
    expect(taken.rows).toEqual([{ standing_taken: 3 }]);
  });

  test("are all met or none: what was claimed for the others is free again", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(4), standingOf(2), rowsOf(6)] });
    const wishes = [wishIn(event, best(2)), wishIn(event, best(3), 1), wishIn(event, best(2), 2)];
    expect(await shop.bookings.book(bookRequest(event, wishes))).toEqual({ outcome: "sold_out", free: 2 });
    expect(await lettersIn(shop, event)).toBe("ffff");
    expect(await lettersIn(shop, event, 2)).toBe("ffffff");
    expect(await shop.seats.holds(event.id, sectionOf(event, 1).id)).toEqual([]);
  });

  test("for one section are refused", async () => {
    const event = await openEvent(shop);
    const wishes = [wishIn(event, best(1)), wishIn(event, manual(7))];
    expect(await shop.bookings.book(bookRequest(event, wishes))).toEqual({ outcome: "section_named_twice" });
  });

  test("together keep to the most of one booking", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(9), rowsOf(10)] });
    const wishes = [wishIn(event, best(5)), wishIn(event, best(4), 1)];
    expect(await shop.bookings.book(bookRequest(event, wishes))).toEqual({
      outcome: "too_many_seats",
      most: 8,
    });
  });

  test("for any section leave out those that the others name", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(4), rowsOf(5)] });
    const booking = await bookNow(shop, bookRequest(event, [best(2), wishIn(event, best(2))]));
    expect(shares(event, booking)).toEqual([2, 2]);
  });
});
