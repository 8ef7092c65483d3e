import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import {
  best,
  bookRequest,
  lettersIn,
  manual,
  newBuyer,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  sectionOf,
  standingOf,
} from "../../test/harness/shop.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { createBookings } from "./bookings.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

async function seatsInPostgres(event: OnsaleEvent): Promise<number[]> {
  const found = await shop.pool.query<{ seat_number: number }>(
    "select seat_number from booking_seats where section_id = $1 and live order by seat_number",
    [sectionOf(event).id],
  );
  return found.rows.map((row) => row.seat_number);
}

describe("a booking", () => {
  test("is in Postgres with its seats when it is answered", async () => {
    const event = await openEvent(shop);
    const buyer = newBuyer();
    const booked = await shop.bookings.book(bookRequest(event, best(2), { buyer }));
    expect(booked).toMatchObject({
      outcome: "booked",
      fresh: true,
      booking: { status: "pending_payment", quantity: 2 },
    });
    if (booked.outcome !== "booked") return;
    expect(booked.booking.total).toEqual({ amountMinor: 9_000n, currency: "EUR" });
    expect(await shop.bookings.find(buyer.buyerId, booked.booking.id)).toEqual(booked.booking);
    expect(await seatsInPostgres(event)).toEqual([0, 1]);
  });

  test("of another buyer is not found", async () => {
    const event = await openEvent(shop);
    const booked = await shop.bookings.book(bookRequest(event, best(1)));
    if (booked.outcome !== "booked") throw new Error(booked.outcome);
    expect(await shop.bookings.find(newBuyer().buyerId, booked.booking.id)).toBeUndefined();
  });

  test("brings one expiry job for all bookings of its event and second, at whatever gateway", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(40)] });
    const gateways = [shop.bookings, createBookings(shop)];
    const seconds = new Set<number>();
    for (let group = 0; group < 10; group += 1) {
      const outcomes = await Promise.all(
        gateways.map((gateway) => gateway.book(bookRequest(event, best(1)))),
      );
      for (const outcome of outcomes)
        if (outcome.outcome === "booked") seconds.add(Math.floor(outcome.booking.deadlineMs / 1_000) + 1);
    }
    const jobs = await shop.pool.query<{ start_after: Date }>(
      "select start_after from pgboss.job where name = 'expire-bookings' and data->>'eventId' = $1 order by 1",
      [event.id],
    );
    const due = jobs.rows.map(({ start_after }) => start_after.getTime() / 1_000);
    expect(due).toEqual([...seconds].toSorted((left, right) => left - right));
    expect((await lettersIn(shop, event)).replaceAll("f", "")).toBe("h".repeat(20));
  });

  test("is refused with its reason: too many, unknown event, unknown seat, taken seat, sold out", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(3)] });
    expect(await shop.bookings.book(bookRequest(event, best(9)))).toEqual({
      outcome: "too_many_seats",
      most: 8,
    });
    expect(
      await shop.bookings.book({ ...bookRequest(event, best(1)), eventId: randomUUID() as typeof event.id }),
    ).toEqual({ outcome: "not_found" });
    expect(await shop.bookings.book(bookRequest(event, manual(3)))).toEqual({
      outcome: "seats_unknown",
      seatNumbers: [3],
    });
    await shop.bookings.book(bookRequest(event, manual(1)));
    expect(await shop.bookings.book(bookRequest(event, manual(1)))).toEqual({
      outcome: "seats_taken",
      seatNumbers: [1],
    });
    expect(await shop.bookings.book(bookRequest(event, best(3)))).toEqual({ outcome: "sold_out", free: 2 });
  });

  test("outside its sales window is refused", async () => {
    const event = await openEvent(shop);
    await shop.pool.query(
      "update offers set sales_until = now() - interval '1 minute', sales_from = now() - interval '1 hour' where event_id = $1",
      [event.id],
    );
    await shop.publishChanges();
    await expect
      .poll(() => shop.bookings.book(bookRequest(event, best(1))), { timeout: 5_000 })
      .toEqual({ outcome: "offer_closed" });
  });
});

describe("an idempotency key", () => {
  test("used twenty times at once makes one booking", async () => {
    const event = await openEvent(shop);
    const same = bookRequest(event, best(2));
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => shop.bookings.book(same)));
    const ids = new Set(
      outcomes.map((outcome) => (outcome.outcome === "booked" ? outcome.booking.id : outcome.outcome)),
    );
    expect(ids.size).toBe(1);
    expect(await seatsInPostgres(event)).toEqual([0, 1]);
  });

  test("finds its booking again later, and from another gateway", async () => {
    const event = await openEvent(shop);
    const same = bookRequest(event, best(2));
    const first = await shop.bookings.book(same);
    const again = await createBookings(shop).book(same);
    expect(again).toMatchObject({ outcome: "booked", fresh: false });
    if (first.outcome === "booked" && again.outcome === "booked")
      expect(again.booking).toEqual(first.booking);
  });

  test("with other content is refused", async () => {
    const event = await openEvent(shop);
    const same = bookRequest(event, best(2));
    await shop.bookings.book(same);
    expect(await shop.bookings.book({ ...same, wishes: bookRequest(event, best(1)).wishes })).toEqual({
      outcome: "idempotency_key_reused",
    });
  });

  test("of a booking that has ended brings that booking and takes no seats", async () => {
    const event = await openEvent(shop);
    const same = bookRequest(event, best(2));
    const first = await shop.bookings.book(same);
    if (first.outcome !== "booked") throw new Error(first.outcome);
    await shop.pool.query("update bookings set status = 'expired', ended_at = now() where id = $1", [
      first.booking.id,
    ]);
    await shop.pool.query("update booking_seats set live = false where booking_id = $1", [first.booking.id]);
    await shop.seats.release(event.id, sectionOf(event).id, [first.booking.id]);
    expect(await shop.bookings.book(same)).toMatchObject({
      outcome: "booked",
      fresh: false,
      booking: { status: "expired" },
    });
    expect(await lettersIn(shop, event)).not.toContain("h");
  });
});

describe("200 buyers at once for 50 seats", () => {
  test("get exactly 50, each seat in one booking, and everybody else hears sold out", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(10, 10, 10, 10, 10)] });
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, () => shop.bookings.book(bookRequest(event, best(1)))),
    );
    expect(outcomes.filter((outcome) => outcome.outcome === "booked")).toHaveLength(50);
    expect(outcomes.filter((outcome) => outcome.outcome === "sold_out")).toHaveLength(150);
    expect(await seatsInPostgres(event)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  test("the same for places of a standing section", async () => {
    const event = await openEvent(shop, { sections: [standingOf(50)] });
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, () => shop.bookings.book(bookRequest(event, best(1)))),
    );
    expect(outcomes.filter((outcome) => outcome.outcome === "booked")).toHaveLength(50);
    const taken = await shop.pool.query("select standing_taken from sections where event_id = $1", [
      event.id,
    ]);
    expect(taken.rows).toEqual([{ standing_taken: 50 }]);
  });
});

describe("where Redis has forgotten what is booked", () => {
  async function forget(event: OnsaleEvent): Promise<void> {
    const section = sectionOf(event);
    const keys = sectionKeys(event.id, section.id);
    await shop.redis.del(keys.unpaid, keys.holds);
    await shop.seats.load(section, [], await shop.seats.endsSoFar(event.id, section.id));
  }

  test("Postgres refuses the second sale, and a best-available buyer gets other seats unseen", async () => {
    const event = await openEvent(shop);
    await shop.bookings.book(bookRequest(event, best(2)));
    await forget(event);
    const second = await shop.bookings.book(bookRequest(event, best(2)));
    expect(second).toMatchObject({ outcome: "booked" });
    expect(await seatsInPostgres(event)).toEqual([0, 1, 2, 3]);
    expect((await lettersIn(shop, event)).slice(0, 5)).toBe("hhhhf");
  });

  test("a buyer who named the seat hears that it is taken", async () => {
    const event = await openEvent(shop);
    await shop.bookings.book(bookRequest(event, manual(5)));
    await forget(event);
    expect(await shop.bookings.book(bookRequest(event, manual(5)))).toEqual({
      outcome: "seats_taken",
      seatNumbers: [5],
    });
    expect((await lettersIn(shop, event))[5]).toBe("h");
  });

  test("a standing section is not oversold either", async () => {
    const event = await openEvent(shop, { sections: [standingOf(3)] });
    await shop.bookings.book(bookRequest(event, best(2)));
    await shop.redis.hset(sectionKeys(event.id, sectionOf(event).id).meta, "free", 3);
    await shop.redis.del(
      sectionKeys(event.id, sectionOf(event).id).holds,
      sectionKeys(event.id, sectionOf(event).id).unpaid,
    );
    expect(await shop.bookings.book(bookRequest(event, best(2)))).toEqual({ outcome: "sold_out", free: 1 });
    expect(await shop.bookings.book(bookRequest(event, best(1)))).toMatchObject({ outcome: "booked" });
  });

  test("a section that is gone from Redis is loaded again by the first claim", async () => {
    const event = await openEvent(shop);
    await shop.bookings.book(bookRequest(event, best(2)));
    await shop.redis.del(...Object.values(sectionKeys(event.id, sectionOf(event).id)));
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => shop.bookings.book(bookRequest(event, best(1)))),
    );
    expect(outcomes.filter((outcome) => outcome.outcome === "booked")).toHaveLength(18);
    expect(new Set(await seatsInPostgres(event)).size).toBe(20);
  });
});

test("a poisoned booking fails alone and not the group it came with", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(20)] });
  const poisoned = { ...newBuyer(), email: "\u0000" };
  const requests = Array.from({ length: 9 }, () => bookRequest(event, best(1)));
  const [broken, ...outcomes] = await Promise.allSettled(
    [bookRequest(event, best(1), { buyer: poisoned }), ...requests].map((one) => shop.bookings.book(one)),
  );
  expect(broken).toMatchObject({ status: "rejected", reason: { message: /invalid byte sequence/ } });
  const booked = outcomes.map((outcome) => outcome.status === "fulfilled" && outcome.value.outcome);
  expect(booked).toEqual(Array.from({ length: 9 }, () => "booked"));
  expect((await lettersIn(shop, event)).replaceAll("f", "")).toBe("h".repeat(9));
});

test("where Postgres is away, bookings are refused at once and their seats are free again", async () => {
  const lonely = await openShop();
  const event = await openEvent(lonely);
  await lonely.pool.end();
  const outcome = await lonely.bookings.book(bookRequest(event, best(2)));
  expect(outcome).toEqual({ outcome: "unavailable" });
  expect(await lettersIn(lonely, event)).not.toContain("h");
  await lonely.jobs.stop();
  lonely.redis.disconnect();
});
