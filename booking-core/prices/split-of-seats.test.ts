import { afterAll, beforeAll, expect, test } from "vitest";
import { type BookingId, uuidSource } from "../../foundation/ids.ts";
import {
  best,
  bookNow,
  bookRequest,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  standingOf,
  wishIn,
} from "../../test/harness/shop.ts";
import type { Booking } from "../bookings/booking.ts";
import { createChangeOfMind } from "../bookings/change-of-mind.ts";
import type { PlannedSection } from "../events/plan.ts";
import type { Charge } from "./charge.ts";
import { splitOfSeats } from "./split-of-seats.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const charges: readonly Charge[] = [
  { name: "Service", kind: "fee", included: false, fixedMinor: 300n },
  { name: "VAT", kind: "tax", included: true, basisPoints: 700 },
];
const offers = [
  { category: "gold", faceMinor: 10_700n, charges },
  { category: "silver", faceMinor: 5_350n },
];
const gold = { priceMinor: 11_000n, feeMinor: 300n, taxMinor: 700n, netMinor: 10_000n };
const silver = { priceMinor: 5_350n, feeMinor: 0n, taxMinor: 0n, netMinor: 5_350n };
const hallOf = (name: string): PlannedSection => ({
  name,
  kind: "seated",
  rows: [
    { label: "A", seats: 20, centre: 0, category: "gold" },
    { label: "B", seats: 20, centre: 0, category: "silver" },
  ],
});

const times = (split: typeof gold, count: bigint) => ({
  priceMinor: split.priceMinor * count,
  feeMinor: split.feeMinor * count,
  taxMinor: split.taxMinor * count,
  netMinor: split.netMinor * count,
});

async function bookSeats(...categories: readonly (readonly [category: string, quantity: number])[]) {
  const event = await openEvent(shop, { sections: categories.map(([category]) => hallOf(category)), offers });
  const wishes = categories.map(([category, quantity], place) =>
    wishIn(event, best(quantity, { categories: [category] }), place),
  );
  return bookNow(shop, bookRequest(event, wishes));
}

const splitOf = async ({ id }: Booking, positions?: readonly number[]) =>
  (await splitOfSeats(shop.pool, [{ bookingId: id, ...(positions && { positions }) }])).get(id);

test("the parts of a booking are those of its seats, and together what it costs", async () => {
  const booking = await bookSeats(["gold", 2], ["silver", 1]);
  const split = await splitOf(booking);
  expect(split).toEqual({ priceMinor: 27_350n, feeMinor: 600n, taxMinor: 1_400n, netMinor: 25_350n });
  expect(split?.priceMinor).toBe(booking.total.amountMinor);
});

test("named seats have their own parts, and all of them together are the whole", async () => {
  const booking = await bookSeats(["gold", 2], ["silver", 1]);
  expect(await splitOf(booking, [0])).toEqual(gold);
  expect(await splitOf(booking, [2])).toEqual(silver);
  expect(await splitOf(booking, [1, 0])).toEqual(times(gold, 2n));
  expect(await splitOf(booking, [0, 1, 2])).toEqual(await splitOf(booking));
});

test("many bookings are asked about in one query", async () => {
  const [one, other] = [await bookSeats(["gold", 3]), await bookSeats(["silver", 2])];
  let queries = 0;
  const counted = {
    query: (...args: Parameters<Shop["pool"]["query"]>) => {
      queries += 1;
      return shop.pool.query(...args);
    },
  } as unknown as Shop["pool"];
  const splits = await splitOfSeats(counted, [
    { bookingId: one.id, positions: [2] },
    { bookingId: other.id },
    { bookingId: uuidSource.next<BookingId>() },
  ]);
  expect(splits).toEqual(
    new Map([
      [one.id, gold],
      [other.id, times(silver, 2n)],
    ]),
  );
  expect(queries).toBe(1);
});

test("seats that were given back have no part any more", async () => {
  const booking = await bookSeats(["gold", 3]);
  await createChangeOfMind(shop).giveBack({ bookingId: booking.id, buyerId: booking.buyerId }, [1]);
  expect(await splitOf(booking)).toEqual(times(gold, 2n));
  await expect(splitOf(booking, [0, 1])).rejects.toThrow("no such seats: 0, 1");
});

test("seats of a booking that has ended keep their parts", async () => {
  const event = await openEvent(shop, { sections: [standingOf(5)], offers: offers.slice(0, 1) });
  const booking = await bookNow(shop, bookRequest(event, best(2)));
  await createChangeOfMind(shop).cancel({ bookingId: booking.id, buyerId: booking.buyerId });
  expect(await splitOf(booking)).toEqual(times(gold, 2n));
});

test("a seat that is not there, one that is named twice, and a booking that is named twice are mistakes", async () => {
  const booking = await bookSeats(["gold", 2]);
  await expect(splitOf(booking, [7])).rejects.toThrow("no such seats: 7");
  await expect(splitOf(booking, [0, 0])).rejects.toThrow("no such seats: 0, 0");
  await expect(splitOf({ ...booking, id: uuidSource.next<BookingId>() }, [0])).rejects.toThrow(
    "no such seats",
  );
  const twice = [{ bookingId: booking.id }, { bookingId: booking.id, positions: [0] }];
  await expect(splitOfSeats(shop.pool, twice)).rejects.toThrow("named twice");
});

test("seats that were sold before there were charges are the organiser's", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(4)] });
  const booking = await bookNow(shop, bookRequest(event, best(2)));
  // Prices could change then: what was paid stands with the seat.
  await shop.pool.query(
    "update booking_seats set price_minor = 4000 where booking_id = $1 and position = 0",
    [booking.id],
  );
  expect(await splitOf(booking)).toEqual({
    priceMinor: 8_500n,
    feeMinor: 0n,
    taxMinor: 0n,
    netMinor: 8_500n,
  });
});
