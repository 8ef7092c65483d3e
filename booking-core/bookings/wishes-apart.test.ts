import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
import type { BookingWish } from "./book-request.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const shares = (event: OnsaleEvent, seats: readonly { sectionId: string }[]) =>
  event.sections.map(({ id }) => seats.filter(({ sectionId }) => sectionId === id).length);

async function standingIn(event: OnsaleEvent, index = 0) {
  const { id } = sectionOf(event, index);
  const { rows } = await shop.pool.query("select standing_taken from sections where id = $1", [id]);
  return { ...(await shop.seats.counts(event.id, [id]))[0], ...rows[0] };
}

describe("wishes that only one section could meet are refused, and nothing of it stays held", () => {
  const table: [string, (event: OnsaleEvent) => BookingWish[]][] = [
    ["one that names it, and any", (event) => [wishIn(event, best(2)), best(3)]],
    ["one that names it, and many for any", (event) => [wishIn(event, best(4)), best(1), best(1)]],
    ["two for any", () => [best(2), best(3)]],
  ];
  test.each(table)("%s", async (_, wishesOf) => {
    const event = await openEvent(shop, { sections: [standingOf(50)] });
    expect(await shop.bookings.book(bookRequest(event, wishesOf(event)))).toEqual({
      outcome: "sections_too_few",
    });
    expect(await standingIn(event)).toEqual({ free: [50], held: [0], standing_taken: 0 });
  });

  test("seats that are named, and any", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(8)] });
    const wishes = [wishIn(event, manual(3, 4)), best(2)];
    expect(await shop.bookings.book(bookRequest(event, wishes))).toEqual({ outcome: "sections_too_few" });
    expect(await lettersIn(shop, event)).toBe("f".repeat(8));
  });
});

describe("each wish has a section, whoever has the choice", () => {
  const offers = ["gold", "silver", "bronze"].map((category) => ({ category, faceMinor: 4_500n }));
  const rowOf = (category: string) => ({
    ...{ name: category, kind: "seated" as const },
    rows: [{ label: "1", seats: 4, category, centre: 0 }],
  });
  const inAny = best(3);
  const inTwo = best(2, { categories: ["gold", "silver"] });
  test.each([[[0, 1, 2]], [[0, 2, 1]], [[1, 0, 2]], [[1, 2, 0]], [[2, 0, 1]], [[2, 1, 0]]])(
    "in the order %j",
    async (order) => {
      const event = await openEvent(shop, {
        offers,
        sections: offers.map(({ category }) => rowOf(category)),
      });
      const wishes = [wishIn(event, best(1)), inTwo, inAny];
      const ordered = order.map((place) => wishes[place] as BookingWish);
      const { seats } = await bookNow(shop, bookRequest(event, ordered));
      expect(shares(event, seats)).toEqual([1, 2, 3]);
    },
  );
});

test("a wish for any section is not met by what another wish of the booking has: it is sold out", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(6), standingOf(1)] });
  const wishes = [wishIn(event, best(2)), best(3)];
  expect(await shop.bookings.book(bookRequest(event, wishes))).toMatchObject({ outcome: "sold_out" });
  expect(await lettersIn(shop, event)).toBe("ffffff");
  expect(await standingIn(event, 1)).toEqual({ free: [1], held: [0], standing_taken: 0 });
});
