import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "../../foundation/postgres/pool.ts";
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
  standingOf,
} from "../../test/harness/shop.ts";
import { createCatalogue } from "../events/catalogue.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { createBookings } from "./bookings.ts";
import { applyHolds, expireBookings } from "./jobs.ts";
import { endBookings } from "./transitions.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const hall = (most: number | null) =>
  openEvent(shop, { sections: [rowsOf(40, 40), standingOf(50)], rules: { mostPerIdentity: most } });
const openSecondGateway = () => createBookings({ ...shop, catalogue: createCatalogue(shop) });

async function liveSeats(event: OnsaleEvent, { identity }: { identity: string }): Promise<number> {
  const found = await shop.pool.query<{ count: bigint }>(
    `select count(*) from booking_seats s join bookings b on b.id = s.booking_id
      where b.event_id = $1 and b.identity = $2 and s.live`,
    [event.id, identity],
  );
  return Number(found.rows[0]?.count);
}

async function counted(event: OnsaleEvent, { identity }: { identity: string }): Promise<number | undefined> {
  const found = await shop.pool.query<{ seats: number }>(
    "select seats from identity_seats where event_id = $1 and identity = $2",
    [event.id, identity],
  );
  return found.rows[0]?.seats;
}

const fifty = <Result>(run: (index: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: 50 }, (_, index) => run(index)));

describe("fifty requests of one buyer at once, at two gateways, where six seats are the most", () => {
  test("get exactly six seats, and what the others had held is free again", async () => {
    const event = await hall(6);
    const gateways = [shop.bookings, openSecondGateway()];
    const buyer = newBuyer();
    const outcomes = await fifty((index) =>
      (gateways[index % 2] ?? shop.bookings).book(
        bookRequest(event, best(1), { buyer, section: index % 2 && 1 }),
      ),
    );
    expect(outcomes.filter(({ outcome }) => outcome === "booked")).toHaveLength(6);
    const refused = outcomes.filter(({ outcome }) => outcome !== "booked");
    expect(refused).toEqual(refused.map(() => ({ outcome: "buyer_limit_reached", most: 6 })));
    expect([await liveSeats(event, buyer), await counted(event, buyer)]).toEqual([6, 6]);
    const held = await shop.seats.counts(
      event.id,
      event.sections.map(({ id }) => id),
    );
    expect(held.reduce((sum, count) => sum + (count?.held[0] ?? 0), 0)).toBe(6);
  });

  test("get more where the seats are counted first and booked then", async () => {
    const event = await hall(null);
    const buyer = newBuyer();
    await fifty(async () => {
      if ((await liveSeats(event, buyer)) < 6)
        await shop.bookings.book(bookRequest(event, best(1), { buyer }));
    });
    expect(await liveSeats(event, buyer)).toBeGreaterThan(6);
  });
});

test("one booking over the bound is refused whole, and other buyers and events do not count", async () => {
  const [event, other] = [await hall(4), await hall(4)];
  const buyer = newBuyer();
  await bookNow(shop, bookRequest(event, best(3), { buyer }));
  await bookNow(shop, bookRequest(other, best(4), { buyer }));
  await bookNow(shop, bookRequest(event, best(4)));
  expect(await shop.bookings.book(bookRequest(event, best(2), { buyer }))).toEqual({
    outcome: "buyer_limit_reached",
    most: 4,
  });
  expect((await lettersIn(shop, event)).replaceAll("f", "")).toBe("h".repeat(7));
  expect((await bookNow(shop, bookRequest(event, best(1), { buyer }))).quantity).toBe(1);
});

test("the same identity with another account has the same share", async () => {
  const event = await hall(2);
  const buyer = newBuyer();
  await bookNow(shop, bookRequest(event, best(2), { buyer }));
  const again = { ...newBuyer(), identity: buyer.identity };
  expect(await shop.bookings.book(bookRequest(event, best(1), { buyer: again }))).toMatchObject({
    outcome: "buyer_limit_reached",
  });
});

test("a request that is repeated, at once and later, counts once", async () => {
  const event = await hall(4);
  const same = bookRequest(event, best(3));
  const gateways = [shop.bookings, openSecondGateway()];
  const outcomes = await Promise.all([...gateways, ...gateways].map((gateway) => gateway.book(same)));
  expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(["booked"]));
  expect(await openSecondGateway().book(same)).toMatchObject({ outcome: "booked", fresh: false });
  expect(await counted(event, same.buyer)).toBe(3);
});

test("an end gives the share back, once: by the deadline and by the buyer", async () => {
  const event = await openEvent(shop, { rules: { mostPerIdentity: 4 }, paymentWindowMs: 1_000 });
  const buyer = newBuyer();
  const [first] = [await bookNow(shop, bookRequest(event, best(2), { buyer }))];
  await inTransaction(shop.pool, (sql) => endBookings(sql, [first.id], "cancelled", Date.now()));
  await inTransaction(shop.pool, (sql) => endBookings(sql, [first.id], "cancelled", Date.now()));
  await applyHolds(shop, { bookingIds: [first.id] });
  expect(await counted(event, buyer)).toBe(0);
  await bookNow(shop, bookRequest(event, best(4), { buyer }));
  const later = { ...shop, clock: { now: () => Date.now() + 2_000 } };
  await Promise.all([
    expireBookings(later, { eventId: event.id }),
    expireBookings(later, { eventId: event.id }),
  ]);
  expect(await counted(event, buyer)).toBe(0);
  expect((await bookNow(shop, bookRequest(event, best(4), { buyer }))).quantity).toBe(4);
});

test("a bound that is set while seats are sold counts those that were sold before", async () => {
  const event = await hall(null);
  const buyer = newBuyer();
  await bookNow(shop, bookRequest(event, best(3), { buyer }));
  await shop.pool.query("update events set most_per_identity = 4 where id = $1", [event.id]);
  expect(await counted(event, buyer)).toBe(3);
  const later = openSecondGateway();
  expect(await later.book(bookRequest(event, best(2), { buyer }))).toMatchObject({
    outcome: "buyer_limit_reached",
  });
  expect(await later.book(bookRequest(event, best(1), { buyer }))).toMatchObject({ outcome: "booked" });
});

test("a bound that is set in the middle of a sale misses no booking that is made meanwhile", async () => {
  const event = await hall(null);
  const buyers = Array.from({ length: 5 }, newBuyer);
  const gateways = [shop.bookings, openSecondGateway()];
  const bookings = fifty((index) =>
    (gateways[index % 2] ?? shop.bookings).book(
      bookRequest(event, best(1), { buyer: buyers[index % 5] ?? newBuyer(), key: randomUUID() }),
    ),
  );
  await shop.pool.query("update events set most_per_identity = 4 where id = $1", [event.id]);
  await bookings;
  for (const buyer of buyers)
    expect([buyer.email, await counted(event, buyer)]).toEqual([buyer.email, await liveSeats(event, buyer)]);
});
