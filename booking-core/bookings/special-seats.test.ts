import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hashCode } from "../../foundation/code-hash.ts";
import {
  best,
  bookNow,
  bookRequest,
  lettersIn,
  manual,
  openEvent,
  openShop,
  type Shop,
  type TestEventOptions,
} from "../../test/harness/shop.ts";
import { createCatalogue } from "../events/catalogue.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { houseClass } from "../seats/seat-bytes.ts";
import type { BookRequest } from "./book-request.ts";
import { createBookings } from "./bookings.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** One section of rows as they are drawn. */
const drawn = (rows: readonly string[], more: TestEventOptions = {}) =>
  openEvent(shop, {
    ...more,
    sections: [
      {
        name: "drawn",
        kind: "seated",
        rows: rows.map((seats, row) => ({ label: `${row + 1}`, seats, centre: 0 })),
      },
    ],
  });

type Wished = Parameters<typeof bookRequest>[1];
const book = (event: OnsaleEvent, wish: Wished, code?: string) =>
  shop.bookings.book(bookRequest(event, wish, code === undefined ? {} : { code }));

describe("seats of the buyer's choice", () => {
  test("are all of them or none", async () => {
    const event = await drawn(["oooooo"]);
    await book(event, manual(2));
    expect(await book(event, manual(1, 2, 3))).toEqual({ outcome: "seats_taken", seatNumbers: [2] });
    expect(await lettersIn(shop, event)).toBe("ffhfff");
  });

  test("are those of them that are free where any will do, and are refused where none is", async () => {
    const event = await drawn(["oooooo"]);
    await book(event, manual(2));
    const any = { ...manual(1, 2, 3), take: "any" } as const;
    expect((await bookNow(shop, bookRequest(event, any))).seats.map(({ seatNumber }) => seatNumber)).toEqual([
      1, 3,
    ]);
    expect(await book(event, any)).toEqual({ outcome: "seats_taken", seatNumbers: [1, 2, 3] });
  });

  describe("leave no single seat where the event forbids it", () => {
    const refused = { outcome: "leaves_single", seatNumbers: [1] };
    const strict = (row: string) => drawn([row], { rules: { allowsSingles: false } });

    test("also where one more is named that is taken", async () => {
      const event = await strict("ooooo");
      await book(event, manual(0));
      expect(await book(event, manual(2))).toEqual(refused);
      expect(await book(event, { ...manual(0, 2), take: "any" })).toEqual(refused);
      expect(await lettersIn(shop, event)).toBe("hffff");
    });

    test("also where one of a companion is named with them", async () => {
      const event = await strict("c_ooooo");
      expect(await book(event, manual(2))).toEqual(refused);
      expect(await book(event, manual(0, 2))).toEqual(refused);
      expect(await book(event, manual(0, 1))).toMatchObject({ outcome: "booked" });
      expect(await lettersIn(shop, event)).toBe("hhffff");
    });
  });

  test("may leave a single seat free only where the event allows it", async () => {
    const strict = await drawn(["ooooo"], { rules: { allowsSingles: false } });
    expect(await book(strict, manual(1, 2))).toEqual({ outcome: "leaves_single", seatNumbers: [0] });
    expect(await book(strict, manual(0, 1))).toMatchObject({ outcome: "booked" });
    const free = await drawn(["ooooo"]);
    expect(await book(free, manual(1, 2))).toMatchObject({ outcome: "booked" });
  });
});

describe("accessible seats", () => {
  test("and those of companions are not given to who asks for the best", async () => {
    const event = await drawn(["acaooac"]);
    expect(await book(event, best(3))).toEqual({ outcome: "sold_out", free: 2 });
    expect(await book(event, best(2))).toMatchObject({ outcome: "booked" });
    expect(await lettersIn(shop, event)).toBe("acahhac");
  });

  test("come with companions beside them, on request", async () => {
    const event = await drawn(["oooo", "aooca", "ooac_a"]);
    const wish = best(2, { accessible: 1 });
    const seatsOf = async () =>
      (await bookNow(shop, bookRequest(event, wish))).seats.map(({ seatNumber }) => seatNumber);
    expect(await seatsOf()).toEqual([7, 8]);
    expect(await seatsOf()).toEqual([11, 12]);
    expect(await book(event, wish)).toEqual({ outcome: "sold_out", free: 0 });
    expect(await lettersIn(shop, event)).toBe("ffffaffhhffhha");
  });

  test("come with fewer companions where fewer are welcome, and all accessible ones", async () => {
    const wish = best(4, { accessible: 1, fewer: true });
    const event = await drawn(["ac_acc"]);
    const seatsOf = async (asked: Wished) =>
      (await bookNow(shop, bookRequest(event, asked))).seats.map(({ seatNumber }) => seatNumber);
    expect(await book(event, best(3, { accessible: 2, fewer: true }))).toEqual({
      outcome: "sold_out",
      free: 0,
    });
    expect(await seatsOf(wish)).toEqual([2, 3, 4]);
    expect(await seatsOf([wish])).toEqual([0, 1]);
    expect(await book(event, wish)).toEqual({ outcome: "sold_out", free: 0 });
  });

  test("are as many as any section has where fewer companions are welcome", async () => {
    const row = (seats: string) => ({
      ...{ name: seats, kind: "seated" as const },
      rows: [{ label: "1", seats, centre: 0 }],
    });
    const event = await openEvent(shop, { sections: [row("ac"), row("acc")] });
    const asked = bookRequest(event, [best(4, { accessible: 1, fewer: true })]);
    const { seats } = await bookNow(shop, asked);
    expect(seats.map(({ sectionId }) => sectionId)).toEqual(Array(3).fill(event.sections[1]?.id));
    expect(await shop.bookings.book(asked)).toMatchObject({ outcome: "booked", fresh: false });
    expect(await lettersIn(shop, event)).toBe("ac");
  });

  test("may be chosen by who names them", async () => {
    const event = await drawn(["aaco"]);
    expect(await book(event, manual(1, 2, 3))).toMatchObject({ outcome: "booked" });
    expect(await book(event, manual(0, 1))).toEqual({ outcome: "seats_taken", seatNumbers: [1] });
    expect(await book(event, { ...manual(0, 1), take: "any" })).toMatchObject({ outcome: "booked" });
    expect(await lettersIn(shop, event)).toBe("hhhh");
  });
});

describe("seats of a house pool", () => {
  const pools = [
    { seatClass: houseClass(0), name: "friends", codeHash: hashCode("FRIENDS") },
    { seatClass: houseClass(1), name: "press", codeHash: hashCode("PRESS") },
  ];

  test("are for who has its code alone", async () => {
    const event = await drawn(["AAABBoo"], { pools });
    expect(await book(event, best(3))).toEqual({ outcome: "sold_out", free: 2 });
    expect(await book(event, manual(0))).toEqual({ outcome: "seats_reserved", seatNumbers: [0] });
    expect(await book(event, manual(0), "PRESS")).toEqual({ outcome: "seats_reserved", seatNumbers: [0] });
    expect(await book(event, best(2), "FRIENDS")).toMatchObject({ outcome: "booked" });
    expect(await book(event, manual(3), "PRESS")).toMatchObject({ outcome: "booked" });
    expect(await book(event, manual(3), "PRESS")).toEqual({ outcome: "seats_taken", seatNumbers: [3] });
    expect(await lettersIn(shop, event)).toBe("hhbhbff");
  });

  test("are not to be had with a code that opens nothing", async () => {
    const event = await drawn(["AAoo"], { pools });
    expect(await book(event, best(1), "GUESS")).toEqual({ outcome: "code_invalid" });
    expect(await lettersIn(shop, event)).toBe("bbff");
  });

  test("are of whatever row and offer the pool has, in the order that the buyer likes", async () => {
    const rows = [
      { label: "1", seats: "AAoo", category: "gold", centre: 0 },
      { label: "2", seats: "AAoo", category: "silver", centre: 0 },
    ];
    const offers = [
      { category: "gold", faceMinor: 9_000n },
      { category: "silver", faceMinor: 5_000n },
    ];
    const event = await openEvent(shop, { pools, offers, sections: [{ name: "s", kind: "seated", rows }] });
    const wish = best(3, { categories: ["silver", "gold"] });
    const { total } = await bookNow(shop, bookRequest(event, wish, { code: "FRIENDS" }));
    expect(total.amountMinor).toBe(19_000n);
  });
});

test("blocked seats are never sold: not as the best, not by choice, not with a code", async () => {
  const pools = [{ seatClass: houseClass(0), name: "friends", codeHash: hashCode("FRIENDS") }];
  const event = await drawn(["xxoA"], { pools });
  expect(await book(event, best(2))).toEqual({ outcome: "sold_out", free: 1 });
  expect(await book(event, manual(0))).toEqual({ outcome: "seats_taken", seatNumbers: [0] });
  expect(await book(event, manual(0, 2), "FRIENDS")).toEqual({ outcome: "seats_taken", seatNumbers: [0] });
  expect(await book(event, best(1, { accessible: 1 }))).toEqual({ outcome: "sold_out", free: 0 });
  expect(await lettersIn(shop, event)).toBe("bbfb");
});

describe("offers that sell rows of one section", () => {
  const offers = [
    { category: "front", faceMinor: 9_000n },
    { category: "back", faceMinor: 4_000n, maxPerBooking: 2 },
  ];
  const rows = [
    { label: "A", seats: 4, category: "front", centre: 0 },
    { label: "B", seats: 4, category: "back", centre: 0 },
  ];
  const open = () => openEvent(shop, { offers, sections: [{ name: "s", kind: "seated", rows }] });

  test("have their prices by the row", async () => {
    const { seats, total } = await bookNow(shop, bookRequest(await open(), manual(3, 4)));
    expect(seats.map(({ price }) => price.amountMinor)).toEqual([9_000n, 4_000n]);
    expect(total.amountMinor).toBe(13_000n);
  });

  test("bound a booking each by its own", async () => {
    const event = await open();
    expect(await book(event, manual(2, 3, 4))).toEqual({ outcome: "too_many_seats", most: 2 });
    expect(await book(event, best(3, { categories: ["back"] }))).toEqual({
      outcome: "too_many_seats",
      most: 2,
    });
    expect(await book(event, manual(1, 2, 3))).toMatchObject({ outcome: "booked" });
  });

  test("are not mixed into a best-available booking of more seats than one of them sells", async () => {
    const event = await open();
    await book(event, manual(0, 1, 2));
    expect(await book(event, best(3))).toEqual({ outcome: "sold_out", free: 1 });
  });
});

describe("a repeated request finds its booking", () => {
  /** At a gateway that knows the event as it is after the change. */
  async function repeat(event: OnsaleEvent, same: BookRequest, change: string, value: unknown) {
    const booking = await bookNow(shop, same);
    await shop.pool.query(change, [event.id, JSON.stringify(value)]);
    await shop.readModel.publish(event.id);
    const gateway = createBookings({ ...shop, catalogue: createCatalogue(shop) });
    expect(await gateway.book(same)).toEqual({ outcome: "booked", booking, fresh: false });
  }
  const marks = "update sections set marks = $2 where event_id = $1";

  test("where its seats were given to a house pool since", async () => {
    const event = await drawn(["oooo"]);
    await repeat(event, bookRequest(event, manual(1)), marks, [[1, houseClass(0)]]);
  });

  test("where its accessible seats are ordinary ones since", async () => {
    const event = await drawn(["aooo"]);
    await repeat(event, bookRequest(event, best(1, { accessible: 1 })), marks, []);
  });

  test("where its code opens nothing any more", async () => {
    const pool = { seatClass: houseClass(0), name: "press", codeHash: hashCode("sesame") };
    const event = await drawn(["AAoo"], { pools: [pool] });
    const pools = "update events set pools = $2 where id = $1";
    await repeat(event, bookRequest(event, best(1), { code: "sesame" }), pools, []);
  });
});
