import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import {
  best,
  bookNow,
  bookRequest,
  manual,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  sectionOf,
} from "../../test/harness/shop.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { createChangeOfMind } from "./change-of-mind.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

type Lost = readonly ("seats" | "blocks")[];

/** As of a slot that was on the move when the node died that had these keys already. */
async function tear(event: OnsaleEvent, lost: Lost): Promise<void> {
  const keys = sectionKeys(event.id, sectionOf(event).id);
  await shop.redis.del(lost.map((name) => keys[name]));
}

async function tornEvent(lost: Lost) {
  const event = await openEvent(shop, { sections: [rowsOf(6)] });
  const { id: bookingId, buyerId } = await bookNow(shop, bookRequest(event, manual(0, 1)));
  await tear(event, lost);
  return { event, mine: { bookingId, buyerId } };
}

const book = async (...[event, wish]: Parameters<typeof bookRequest>) => {
  const booked = await shop.bookings.book(bookRequest(event, wish));
  return booked.outcome === "booked" ? booked.booking.seats.map(({ seatNumber }) => seatNumber) : booked;
};

const losses: { lost: Lost }[] = [{ lost: ["seats"] }, { lost: ["blocks"] }, { lost: ["seats", "blocks"] }];

describe.each(losses)("a section that has lost $lost", ({ lost }) => {
  test("sells the seats that are free to who names them, and no other", async () => {
    const { event } = await tornEvent(lost);
    expect(await book(event, manual(1, 2))).toEqual({ outcome: "seats_taken", seatNumbers: [1] });
    expect(await book(event, manual(2, 3))).toEqual([2, 3]);
  });

  test("sells the best that is free", async () => {
    const { event } = await tornEvent(lost);
    expect(await book(event, best(2))).toEqual([2, 3]);
    expect(await book(event, manual(1))).toEqual({ outcome: "seats_taken", seatNumbers: [1] });
  });

  test("has the seats of a booking back that is cancelled", async () => {
    const { event, mine } = await tornEvent(lost);
    expect(await createChangeOfMind(shop).cancel(mine)).toMatchObject({ outcome: "changed" });
    expect(await book(event, best(2))).toEqual([0, 1]);
  });

  test("sells them to who asks for any section, though all was sold out before", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(2), rowsOf(1, 1)] });
    const { id: bookingId, buyerId } = await bookNow(shop, bookRequest(event, manual(0, 1)));
    await bookNow(shop, bookRequest(event, manual(0, 1), { section: 1 }));
    expect(await book(event, [best(1)])).toMatchObject({ outcome: "sold_out" });
    await tear(event, lost);
    await createChangeOfMind(shop).cancel({ bookingId, buyerId });
    await expect.poll(() => book(event, [best(2)])).toEqual([0, 1]);
  });

  test("is built anew where its seats are given another use", async () => {
    const { event } = await tornEvent(lost);
    const section = sectionOf(event);
    expect(await shop.seats.mark(event.id, section.id, [[5, 3]])).toBe("section_missing");
    expect(await shop.seats.isLoaded(event.id, section.id)).toBe(false);
    expect(await book(event, best(4))).toEqual([2, 3, 4, 5]);
  });
});
