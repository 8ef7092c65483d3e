import { randomUUID } from "node:crypto";
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
import type { OnsaleEvent } from "../events/event.ts";
import type { BookRequest } from "./book-request.ts";
import { createBookings } from "./bookings.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const openSecondGateway = () => createBookings({ ...shop, catalogue: createCatalogue(shop) });
const open = () => openEvent(shop, { sections: [rowsOf(6), standingOf(6), rowsOf(7)] });

/** What Redis holds for whom, against what Postgres has booked: section by section. */
async function holdsAndSeats(event: OnsaleEvent): Promise<[holds: unknown[], booked: unknown[]]> {
  const holds = await Promise.all(event.sections.map(({ id }) => shop.seats.holds(event.id, id)));
  const booked = await shop.pool.query<{ section_id: string; booking_id: string; seats: bigint }>(
    `select section_id, booking_id, count(*) as seats from booking_seats
      where live and section_id = any($1::uuid[]) group by 1, 2`,
    [event.sections.map(({ id }) => id)],
  );
  const inRedis = event.sections.flatMap(({ id }, place) =>
    (holds[place] ?? []).map((hold) => `${id} ${hold.bookingId} ${hold.quantity}`),
  );
  const inPostgres = booked.rows.map((row) => `${row.section_id} ${row.booking_id} ${row.seats}`);
  return [inRedis.toSorted(), inPostgres.toSorted()];
}

async function bookAtTwoGateways(request: BookRequest) {
  const gateways = [shop.bookings, openSecondGateway()];
  return Promise.all([...gateways, ...gateways].map((gateway) => gateway.book(request)));
}

describe("a request over several sections that is sent at once to two gateways", () => {
  test.each([
    [
      "named sections",
      (event: OnsaleEvent) => [
        wishIn(event, manual(1, 2)),
        wishIn(event, best(2), 1),
        wishIn(event, best(2), 2),
      ],
    ],
    ["any sections", () => [best(8)]],
    ["any and one", (event: OnsaleEvent) => [best(6), wishIn(event, best(2))]],
  ])("makes one booking of %s, and no stray hold stays", async (_, wishesOf) => {
    const event = await open();
    const outcomes = await bookAtTwoGateways(bookRequest(event, wishesOf(event)));
    const ids = outcomes.map((outcome) =>
      outcome.outcome === "booked" ? outcome.booking.id : outcome.outcome,
    );
    expect(new Set(ids).size).toBe(1);
    expect(outcomes.filter((outcome) => outcome.outcome === "booked" && outcome.fresh)).toHaveLength(1);
    const [holds, booked] = await holdsAndSeats(event);
    expect(holds).toEqual(booked);
  });

  test("is one booking also while others take and give back seats of the same sections", async () => {
    const event = await open();
    for (let round = 0; round < 15; round += 1) {
      const others = [0, 2].map((section) => shop.bookings.book(bookRequest(event, best(4), { section })));
      const outcomes = await bookAtTwoGateways(bookRequest(event, [best(6)], { key: randomUUID() }));
      await Promise.all(others);
      const fresh = outcomes.filter((outcome) => outcome.outcome === "booked" && outcome.fresh);
      expect(fresh.length).toBeLessThanOrEqual(1);
      const quantities = outcomes.flatMap((outcome) =>
        outcome.outcome === "booked" ? [outcome.booking.quantity] : [],
      );
      expect(quantities).toEqual(quantities.map(() => 6));
      const [holds, booked] = await holdsAndSeats(event);
      expect(holds).toEqual(booked);
      await endAll(event);
    }
  });
});

async function endAll(event: OnsaleEvent): Promise<void> {
  const ended = await shop.pool.query(
    "update bookings set status = 'cancelled', ended_at = now() where event_id = $1 and ended_at is null returning id",
    [event.id],
  );
  const ids = ended.rows.map(({ id }) => id);
  await shop.pool.query("update booking_seats set live = false where booking_id = any($1::uuid[])", [ids]);
  await shop.pool.query("update sections set standing_taken = 0 where event_id = $1", [event.id]);
  for (const { id } of event.sections) await shop.seats.release(event.id, id, ids);
}

test("a later repeat finds the booking, whatever is free by then", async () => {
  const event = await open();
  const same = bookRequest(event, [best(8)]);
  const booking = await bookNow(shop, same);
  await shop.bookings.book(bookRequest(event, [best(8, { fewer: true })]));
  expect(await openSecondGateway().book(same)).toEqual({ outcome: "booked", booking, fresh: false });
  const [holds, booked] = await holdsAndSeats(event);
  expect(holds).toEqual(booked);
});

test("the same key with other wishes is refused, and nothing of them stays held", async () => {
  const event = await open();
  const wishes = [wishIn(event, manual(1, 2)), wishIn(event, best(2), 1)];
  const first = bookRequest(event, wishes);
  await bookNow(shop, first);
  const more = [...wishes, wishIn(event, best(1), 2)];
  expect(await openSecondGateway().book({ ...first, wishes: more })).toEqual({
    outcome: "idempotency_key_reused",
  });
  const [holds, booked] = await holdsAndSeats(event);
  expect(holds).toEqual(booked);
});

test("where one of a booking's sections has forgotten what is sold, it is mended, and the booking is made", async () => {
  const event = await open();
  await bookNow(shop, bookRequest(event, manual(0, 1), { section: 2 }));
  const forgetful = sectionOf(event, 2);
  const keys = sectionKeys(event.id, forgetful.id);
  await shop.redis.del(keys.holds, keys.unpaid);
  await shop.seats.load(forgetful, [], await shop.seats.endsSoFar(event.id, forgetful.id));
  const wishes = [wishIn(event, best(2)), wishIn(event, best(2), 1), wishIn(event, best(2), 2)];
  const booking = await bookNow(shop, bookRequest(event, wishes));
  expect(booking.quantity).toBe(6);
  expect(await lettersIn(shop, event, 2)).toBe("hhhhfff");
  const [holds, booked] = await holdsAndSeats(event);
  expect(holds).toEqual(booked);
});
