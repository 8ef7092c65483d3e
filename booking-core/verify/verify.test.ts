import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type EventId, uuidSource } from "../../foundation/ids.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { checkPlaces, countShoppers } from "../../queue-admission/room-check.ts";
import {
  best,
  bookRequest,
  newBuyer,
  openEvent,
  openShop,
  rowsOf,
  type Shop,
  sectionOf,
  standingOf,
} from "../../test/harness/shop.ts";
import type { Booking } from "../bookings/booking.ts";
import { applyHolds } from "../bookings/jobs.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { settleFact } from "../payments/settle-fact.ts";
import { verify } from "./verify.ts";

let shop: Shop;
let event: OnsaleEvent;
beforeEach(async () => {
  shop = await openShop();
  event = await openEvent(shop, { sections: [rowsOf(10, 10), standingOf(20)] });
});
afterEach(() => shop.close());

const patience = { looks: 2, pauseMs: 10 };
const roomSights = {
  countShoppers: (eventId: EventId) => countShoppers(shop.redis, eventId),
  checkPlaces: (eventId: EventId) => checkPlaces(shop.redis, eventId),
};

async function book(section = 0): Promise<Booking> {
  const booked = await shop.bookings.book(bookRequest(event, best(2), { section }));
  if (booked.outcome !== "booked") throw new Error(booked.outcome);
  return booked.booking;
}

async function pay(booking: Booking): Promise<void> {
  const paymentId = uuidSource.next<never>();
  await shop.pool.query(
    "insert into payments (id, booking_id, buyer_id, provider, status, amount_minor, currency) values ($1, $2, $4, 'sandbox', 'pending', $3, 'EUR')",
    [paymentId, booking.id, booking.total.amountMinor, booking.buyerId],
  );
  const fact = {
    provider: "sandbox",
    providerEventId: "e",
    kind: "payment_succeeded",
    providerPaymentId: `p ${paymentId}`,
    paymentId,
    amount: booking.total,
  } as const;
  await inTransaction(shop.pool, (sql) => settleFact({ ...shop, ids: uuidSource }, sql, fact));
  await applyHolds(shop, { bookingIds: [booking.id] });
}

async function violations(): Promise<Record<number, string[]>> {
  const found = (await verify({ ...shop, roomSights }, patience)).filter(
    (finding) => finding.violations.length > 0,
  );
  const byInvariant: Record<number, string[]> = {};
  for (const { invariant, violations: sentences } of found)
    byInvariant[invariant] = [...(byInvariant[invariant] ?? []), ...sentences];
  return byInvariant;
}

const firstKeys = () => sectionKeys(event.id, sectionOf(event).id);

test("a system that has sold, held and paid is clean, and says how much was looked at", async () => {
  await pay(await book());
  await book();
  await book(1);
  const findings = await verify({ ...shop, roomSights }, patience);
  expect(findings.flatMap((finding) => finding.violations)).toEqual([]);
  expect(findings.filter((finding) => finding.checked > 0).map((finding) => finding.invariant)).toEqual([
    1, 1, 1, 1, 1, 2, 3, 7, 7, 7, 7, 8, 8, 8, 8, 8, 8, 8, 8,
  ]);
});

test("a system that sells at this moment is clean", async () => {
  let selling = true;
  const sell = async () => {
    while (selling) await pay(await book(1).catch(() => book(0)));
  };
  const sold = sell().catch(() => undefined);
  const findings = await verify({ ...shop, roomSights }, { looks: 8, pauseMs: 50 });
  selling = false;
  await sold;
  expect(findings.flatMap((finding) => finding.violations)).toEqual([]);
});

describe("invariant 1 is seen broken", () => {
  test("by a seat in two live bookings, and by the arbiter's absence", async () => {
    const [first, second] = [await book(), await book()];
    await shop.pool.query("drop index booking_seats_live");
    await shop.pool.query("update booking_seats set seat_number = 0 where booking_id = $1 and position = 0", [
      second.id,
    ]);
    const found = await violations();
    expect(found[1]).toContain("the unique index booking_seats_live is missing or not valid");
    expect(found[1]?.join()).toContain(first.id);
  });

  test("by a seat that one booking has in Postgres and another in Redis", async () => {
    const booking = await book();
    await shop.redis.hset(firstKeys().holds, randomUUID(), `sold|1|1|hash|1|0`);
    const found = await violations();
    expect(found[3]?.join()).toContain("seat 0 is held by");
    expect(found[3]?.join()).toContain(booking.id);
  });

  test("by a live booking that has lost its seats", async () => {
    const booking = await book();
    await shop.pool.query("update booking_seats set live = false where booking_id = $1", [booking.id]);
    expect((await violations())[1]?.join()).toContain(
      `booking ${booking.id} is pending_payment with 0 live seats of 2`,
    );
  });
});

test("invariant 2 is seen broken by a standing section that counts wrong", async () => {
  await book(1);
  await shop.pool.query("update sections set standing_taken = 1 where kind = 'standing'");
  expect((await violations())[2]?.join()).toContain("has 2 live places, says 1");
});

describe("invariant 3 is seen broken", () => {
  test("by a seat that is marked as taken and that nobody holds", async () => {
    await shop.redis.setrange(firstKeys().seats, 7, "1");
    expect((await violations())[3]).toContainEqual(
      expect.stringContaining("seat 7 is held, and by its holds it is free"),
    );
  });

  test("by a booked seat that Redis gives out as free", async () => {
    const booking = await book();
    await shop.seats.release(event.id, sectionOf(event).id, [booking.id]);
    expect((await violations())[3]?.join()).toContain(
      `booking ${booking.id} has held 2 0,1 in Postgres and nothing in Redis`,
    );
  });

  test("by a hold that has outlived its deadline", async () => {
    const booking = await book();
    await shop.pool.query("update bookings set deadline = now() - interval '6 seconds' where id = $1", [
      booking.id,
    ]);
    expect((await violations())[3]?.join()).toContain(`the hold of booking ${booking.id} should have ended`);
  });

  test("by an old hold without a booking", async () => {
    const orphan = randomUUID();
    await shop.redis.hset(firstKeys().holds, orphan, `held|${Date.now() + 60_000}|1|hash|1|5`);
    await shop.redis.setrange(firstKeys().seats, 5, "1");
    expect((await violations())[3]?.join()).toContain(
      `seats are held for ${orphan}, which is no live booking`,
    );
  });

  test("by a count of free seats that is wrong", async () => {
    await shop.redis.hset(firstKeys().meta, "free", "23");
    expect((await violations())[3]).toEqual([
      expect.stringContaining("23 are counted as free by segment, and by the seats and holds it is 20"),
    ]);
  });

  test("by a section that Redis does not have", async () => {
    await shop.redis.del(...Object.values(firstKeys()));
    expect((await violations())[3]).toEqual([expect.stringContaining("is not in Redis")]);
  });
});

describe("what foreign keys would refuse is seen", () => {
  const broken = async (statement: string) => {
    await shop.pool.query(statement);
    return (await violations())[1];
  };

  test("a seat without its booking", async () => {
    await shop.pool.query(`insert into booking_seats (booking_id, section_id, offer_id, position, seat_number, price_minor, live)
      select gen_random_uuid(), section_id, id, 0, 7, 4500, false from offers limit 1`);
    expect((await violations())[1]).toEqual([expect.stringContaining("no such booking")]);
  });

  test("a booking without its event, whose seats are of none of its sections", async () => {
    const { id } = await book();
    const found = await broken("update bookings set event_id = gen_random_uuid()");
    expect(found?.join()).toContain(`booking ${id} is of event`);
    expect(found?.join()).toContain("no such section");
  });

  test("seats of unknown sections, and offers of other sections", async () => {
    await book();
    expect((await broken("update booking_seats set section_id = gen_random_uuid()"))?.join()).toContain(
      "no such section",
    );
    await broken("update booking_seats set section_id = (select id from sections where kind = 'seated')");
    const others =
      "(select id from offers where section_id = (select id from sections where kind = 'standing'))";
    expect((await broken(`update booking_seats set offer_id = ${others}`))?.join()).toContain(
      "no such offer there",
    );
  });

  test("a seat that its section does not have", async () => {
    await book();
    expect((await broken("update booking_seats set seat_number = 99 where position = 1"))?.join()).toContain(
      "has seat 99 of section",
    );
  });
});

test("a booking that costs something else than its seats is seen, and seats that were given back cost nothing", async () => {
  const { id } = await book();
  await shop.pool.query("update booking_seats set live = false, given_back = true where position = 1");
  expect((await violations())[1]?.join()).toContain(
    `booking ${id} costs 9000 for 2 seats, and its seats cost 4500 for 1`,
  );
  await shop.pool.query("update bookings set quantity = 1, total_minor = 4500");
  expect((await violations())[1]).toBeUndefined();
});

test("a share of one buyer that is counted wrong is seen, where the event has a bound", async () => {
  const buyer = newBuyer();
  const seen = async () => (await violations())[11];
  await shop.bookings.book(bookRequest(event, best(2), { buyer }));
  expect(await seen()).toBeUndefined();
  await shop.pool.query("update events set most_per_identity = 4");
  expect(await seen()).toBeUndefined();
  await shop.pool.query("update identity_seats set seats = 1");
  expect(await seen()).toEqual([
    `identity ${buyer.identity} has 2 live seats of event ${event.id}, and 1 are counted`,
  ]);
  await shop.pool.query("delete from identity_seats");
  expect(await seen()).toEqual([expect.stringContaining("and 0 are counted")]);
});

test("invariant 3 is seen broken by a seat whose class Redis and Postgres tell differently", async () => {
  await shop.seats.mark(event.id, sectionOf(event).id, [[3, 1]]);
  expect((await violations())[3]).toEqual([
    expect.stringContaining("seat 3 has class 1 in Redis and 0 in Postgres"),
  ]);
});

describe("invariant 7 is seen broken", () => {
  test("by a paid booking without its tickets", async () => {
    const booking = await book();
    await pay(booking);
    await shop.pool.query("alter table tickets disable trigger tickets_stay");
    await shop.pool.query("delete from tickets where booking_id = $1 and position = 0", [booking.id]);
    expect((await violations())[7]).toEqual([`booking ${booking.id} is paid and has 1 tickets for 2 seats`]);
  });

  test("by a refund that does not come to its end", async () => {
    const booking = await book();
    await pay(booking);
    await shop.pool.query(
      `insert into refunds (id, payment_id, booking_id, reason, amount_minor, wallet_minor, currency, status, key, created_at)
       select id, id, booking_id, 'too_late', 1, 0, currency, 'pending', id, now() - interval '2 minutes' from payments`,
    );
    expect((await violations())[7]?.join()).toContain("is still under way");
    await shop.pool.query("update refunds set provider_refund_id = 'pending there'");
    expect((await violations())[7]).toBeUndefined();
  });
});

describe("invariant 8 is seen broken", () => {
  const unguarded = async (statement: string) => {
    await shop.pool.query("alter table entries disable trigger user");
    await shop.pool.query(statement);
    await shop.pool.query("alter table entries enable trigger user");
  };

  test("by a transfer that does not sum to zero", async () => {
    await pay(await book());
    await unguarded("update entries set amount_minor = amount_minor + 1 where position = 0");
    expect((await violations())[8]?.join()).toContain("does not sum to zero");
  });

  test("by a payment that the ledger does not know", async () => {
    const booking = await book();
    await pay(booking);
    await unguarded("update entries set amount_minor = amount_minor * 2");
    expect((await violations())[8]?.join()).toContain("the ledger says otherwise");
  });

  test("by guards that are switched off", async () => {
    await shop.pool.query("alter table entries disable trigger entries_append_only");
    expect((await violations())[8]).toEqual(["the trigger entries_append_only is missing or switched off"]);
  });
});
