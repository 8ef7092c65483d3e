import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BookingId, BuyerId } from "../../foundation/ids.ts";
import { newBuyer, openEvent, openShop, type Shop, standingOf } from "../../test/harness/shop.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { type BookingStatus, bookingStatuses, isLive } from "./booking.ts";
import { type HistoryCursor, readHistory } from "./booking-history.ts";

let shop: Shop;
let event: OnsaleEvent;
beforeAll(async () => {
  shop = await openShop();
  event = await openEvent(shop, { sections: [standingOf(10)] });
});
afterAll(() => shop.close());

type Made = { readonly id: BookingId; readonly atUs: number; readonly status: BookingStatus };

/** Microseconds after a fixed moment; several bookings can be of the same. */
async function insert(buyerId: BuyerId, made: Made): Promise<void> {
  const ended = isLive(made.status) ? "null" : "now()";
  await shop.pool.query(
    `insert into bookings (id, event_id, buyer_id, buyer_email, identity, request_hash, status, quantity, total_minor,
       currency, created_at, deadline, ended_at)
     values ($1, $2, $3, 'a@b.example', repeat('i', 22), 'hash', $4, 1, 100, 'EUR',
       timestamptz '2026-01-01' + $5 * interval '1 microsecond', now(), ${ended})`,
    [made.id, event.id, buyerId, made.status, made.atUs],
  );
}

const newBooking = fc.record({
  id: fc.uuid() as fc.Arbitrary<BookingId>,
  atUs: fc.integer({ min: 0, max: 4 }),
  status: fc.constantFrom(...bookingStatuses),
});

async function readAll(
  buyerId: BuyerId,
  limit: number,
  status?: BookingStatus,
  between?: () => Promise<void>,
) {
  const ids: BookingId[] = [];
  let after: HistoryCursor | undefined;
  do {
    const page = await readHistory(shop.pool, { buyerId, limit, status, after });
    expect(page.bookings.length).toBeLessThanOrEqual(limit);
    ids.push(...page.bookings.map(({ id }) => id));
    after = page.next;
    await between?.();
  } while (after !== undefined);
  return ids;
}

test("pages hold every booking of the buyer once, the newest first, whatever their size, while new ones come", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(newBooking, { selector: ({ id }) => id, maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      fc.option(fc.constantFrom(...bookingStatuses), { nil: undefined }),
      async (made, limit, status) => {
        const { buyerId } = newBuyer();
        for (const one of made) await insert(buyerId, one);
        let later = 10;
        const read = await readAll(buyerId, limit, status, async () => {
          later += 1;
          await insert(buyerId, { id: randomUUID() as BookingId, atUs: later, status: "paid" });
        });
        const expected = made
          .filter((one) => status === undefined || one.status === status)
          .toSorted((left, right) => right.atUs - left.atUs || (left.id < right.id ? 1 : -1));
        expect(read).toEqual(expected.map(({ id }) => id));
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);

test("a page is read by the index, however many bookings there are", async () => {
  const { buyerId } = newBuyer();
  await insert(buyerId, { id: randomUUID() as BookingId, atUs: 1, status: "paid" });
  await shop.pool.query(
    `insert into bookings (id, event_id, buyer_id, buyer_email, identity, request_hash, status, quantity, total_minor, currency, deadline)
     select gen_random_uuid(), $1, gen_random_uuid(), 'a@b.example', repeat('i', 22), 'hash', 'paid', 1, 100, 'EUR', now()
       from generate_series(1, 5000)`,
    [event.id],
  );
  await shop.pool.query("analyze bookings");
  const plan = await shop.pool.query<{ "QUERY PLAN": string }>(
    `explain select * from bookings b where buyer_id = '${buyerId}' order by created_at desc, id desc limit 21`,
  );
  const text = plan.rows.map((row) => row["QUERY PLAN"]).join("\n");
  expect(text).toContain("bookings_by_buyer");
  expect(text).not.toContain("Seq Scan");
});
