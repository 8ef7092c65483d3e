import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sectionKeys } from "../../foundation/redis/keys.ts";
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
import { createCatalogue } from "../events/catalogue.ts";
import { createBookings } from "./bookings.ts";
import { createChangeOfMind } from "./change-of-mind.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const openSecondGateway = () => createBookings({ ...shop, catalogue: createCatalogue(shop) });

test("a request sent twenty times at once takes its standing places once, and is new to one sender", async () => {
  const event = await openEvent(shop, { sections: [standingOf(50)] });
  const same = bookRequest(event, best(2));
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => shop.bookings.book(same)));
  expect(outcomes.map((outcome) => outcome.outcome)).toEqual(Array.from({ length: 20 }, () => "booked"));
  expect(outcomes.filter((outcome) => outcome.outcome === "booked" && outcome.fresh)).toHaveLength(1);
  const taken = await shop.pool.query("select standing_taken from sections where id = $1", [
    sectionOf(event).id,
  ]);
  expect(taken.rows).toEqual([{ standing_taken: 2 }]);
});

test("a request sent at once to two gateways makes one booking", async () => {
  const event = await openEvent(shop, { sections: [standingOf(50)] });
  const gateways = [shop.bookings, openSecondGateway()];
  const same = bookRequest(event, best(2));
  const outcomes = await Promise.all(gateways.map((gateway) => gateway.book(same)));
  expect(outcomes.filter((outcome) => outcome.outcome === "booked" && outcome.fresh)).toHaveLength(1);
  const taken = await shop.pool.query("select standing_taken from sections where id = $1", [
    sectionOf(event).id,
  ]);
  expect(taken.rows).toEqual([{ standing_taken: 2 }]);
});

test("one key with two contents at once: one is booked, the other refused", async () => {
  const event = await openEvent(shop);
  const first = bookRequest(event, best(2));
  const outcomes = await Promise.all([
    shop.bookings.book(first),
    shop.bookings.book({ ...first, wishes: bookRequest(event, best(1)).wishes }),
  ]);
  expect(outcomes.map((outcome) => outcome.outcome)).toEqual(["booked", "idempotency_key_reused"]);
});

describe("a request whose booking has ended finds it, though its key has another content at the same time", () => {
  test.each([
    ["at the same gateway", () => shop.bookings],
    ["at another gateway", openSecondGateway],
  ])("%s", async (_, gatewayOf) => {
    const event = await openEvent(shop, { sections: [rowsOf(9)] });
    const same = bookRequest(event, [best(4)]);
    const { id, buyerId } = await bookNow(shop, same);
    await createChangeOfMind(shop).cancel({ buyerId, bookingId: id });
    for (let round = 0; round < 5; round += 1) {
      const other = { ...same, wishes: [wishIn(event, best(1))] };
      const [otherOutcome, outcome] = await Promise.all([shop.bookings.book(other), gatewayOf().book(same)]);
      expect(otherOutcome).toEqual({ outcome: "idempotency_key_reused" });
      expect(outcome).toMatchObject({
        outcome: "booked",
        fresh: false,
        booking: { id, status: "cancelled" },
      });
    }
    expect(await lettersIn(shop, event)).toBe("f".repeat(9));
  });
});

test("a repeated request finds its booking also after the sale has ended", async () => {
  const event = await openEvent(shop);
  const same = bookRequest(event, best(2));
  const first = await shop.bookings.book(same);
  await shop.pool.query(
    "update offers set sales_from = now() - interval '2 hours', sales_until = now() - interval '1 hour' where event_id = $1",
    [event.id],
  );
  await shop.publishChanges();
  const later = openSecondGateway();
  expect(await later.book(same)).toEqual({ ...first, fresh: false });
  expect(await later.book({ ...same, wishes: bookRequest(event, best(1)).wishes })).toEqual({
    outcome: "idempotency_key_reused",
  });
  expect(await later.book(bookRequest(event, best(1)))).toEqual({ outcome: "offer_closed" });
});

test("a repeated request finds its booking also where nothing that is offered today fits it", async () => {
  const event = await openEvent(shop);
  const categories = [sectionOf(event).offers[0]?.category ?? ""];
  const same = bookRequest(event, best(2, { categories }));
  const first = await shop.bookings.book(same);
  expect(first.outcome).toBe("booked");
  await shop.pool.query("update offers set category = 'other' where event_id = $1", [event.id]);
  await shop.publishChanges();
  const later = openSecondGateway();
  expect(await later.book(same)).toEqual({ ...first, fresh: false });
  const other = bookRequest(event, best(2, { categories }));
  expect(await later.book(other)).toMatchObject({ outcome: "nothing_offered", unmet: ["categories"] });
});

test("an event that is cancelled sells nothing more, and a repeated request still finds its booking", async () => {
  const event = await openEvent(shop);
  const same = bookRequest(event, best(2));
  const first = await shop.bookings.book(same);
  await shop.pool.query("update events set status = 'cancelled' where id = $1", [event.id]);
  await shop.publishChanges();
  const later = openSecondGateway();
  expect(await later.book(same)).toEqual({ ...first, fresh: false });
  expect(await later.book(bookRequest(event, best(1)))).toEqual({ outcome: "event_cancelled" });
});

test("a retry whose hold Redis has lost gets its booking, and no second seats stay held for it", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(10)] });
  await shop.bookings.book(bookRequest(event, manual(0)));
  const same = bookRequest(event, best(2));
  const first = await shop.bookings.book(same);
  const keys = sectionKeys(event.id, sectionOf(event).id);
  // As after a fail-over: the hold and its seats are forgotten, and others are free elsewhere.
  await shop.redis.del(keys.holds, keys.unpaid);
  const retried = await openSecondGateway().book(same);
  expect(retried).toEqual({ ...first, fresh: false });
  expect(await lettersIn(shop, event)).toBe(`hhh${"f".repeat(7)}`);
  expect(await shop.seats.counts(event.id, [sectionOf(event).id])).toMatchObject([{ free: [7] }]);
});

test("a repeated request finds its booking also when that has ended and others have all seats", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(2)] });
  for (const wish of [best(2), manual(0, 1)]) {
    const same = bookRequest(event, wish);
    const first = await shop.bookings.book(same);
    if (first.outcome !== "booked") throw new Error(first.outcome);
    const { id: bookingId, buyerId } = first.booking;
    const changes = createChangeOfMind(shop);
    await changes.cancel({ bookingId, buyerId });
    const other = await shop.bookings.book(bookRequest(event, best(2)));
    if (other.outcome !== "booked") throw new Error(other.outcome);
    expect(await shop.bookings.book(same)).toMatchObject({
      ...{ outcome: "booked", fresh: false, booking: { id: bookingId, status: "cancelled" } },
    });
    await changes.cancel({ bookingId: other.booking.id, buyerId: other.booking.buyerId });
  }
});

test("a repeated request finds its ended booking also where the same seats would leave a single one today", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(7)], rules: { allowsSingles: false } });
  const same = bookRequest(event, manual(2, 3));
  const { id: bookingId, buyerId } = await bookNow(shop, same);
  await createChangeOfMind(shop).cancel({ bookingId, buyerId });
  await bookNow(shop, bookRequest(event, manual(0)));
  expect(await shop.bookings.book(bookRequest(event, manual(2, 3)))).toMatchObject({
    outcome: "leaves_single",
  });
  expect(await shop.bookings.book(same)).toMatchObject({
    ...{ outcome: "booked", fresh: false, booking: { id: bookingId, status: "cancelled" } },
  });
});

test("a repeated request finds its booking also where no offer sells as many seats any more", async () => {
  const event = await openEvent(shop);
  const same = bookRequest(event, best(3));
  const first = await shop.bookings.book(same);
  await shop.pool.query("update offers set max_per_booking = 2 where event_id = $1", [event.id]);
  await shop.publishChanges();
  const later = openSecondGateway();
  expect(await later.book(bookRequest(event, best(3)))).toEqual({ outcome: "too_many_seats", most: 2 });
  expect(await later.book(same)).toEqual({ ...first, fresh: false });
});
