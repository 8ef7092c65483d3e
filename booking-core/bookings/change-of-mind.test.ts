import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newBuyer, openEvent, openShop, rowsOf, type Shop, standingOf } from "../../test/harness/shop.ts";
import type { OnsaleEvent } from "../events/event.ts";
import type { Booking, BookingChange } from "./booking.ts";
import { type ChangeOfMind, type ChangeOutcome, createChangeOfMind } from "./change-of-mind.ts";
import { applyHolds, expireBookings } from "./jobs.ts";
import { loadSection } from "./load-section.ts";

let shop: Shop;
let mind: ChangeOfMind;
beforeAll(async () => {
  shop = await openShop();
  mind = createChangeOfMind(shop);
});
afterAll(() => shop.close());

const inAMinute = { now: () => Date.now() + 61_000 };

async function book(event: OnsaleEvent, quantity: number, buyer = newBuyer()): Promise<Booking> {
  const wishes = [{ mode: "best-available", quantity }] as const;
  const request = { eventId: event.id, wishes, buyer, idempotencyKey: randomUUID() };
  const outcome = await shop.bookings.book(request);
  if (outcome.outcome !== "booked") throw new Error(outcome.outcome);
  return outcome.booking;
}

const mine = ({ id, buyerId }: Booking) => ({ bookingId: id, buyerId });

function changed(outcome: ChangeOutcome): Booking {
  if (outcome.outcome !== "changed") throw new Error(outcome.outcome);
  return outcome.booking;
}

/** The seats of the first section as Redis has them. */
async function seatsOf(event: OnsaleEvent): Promise<string | undefined> {
  return (await shop.seats.snapshot(event.id, event.sections[0]?.id as never))?.seats;
}

async function seatsOfIdentity({ eventId, identity }: Booking): Promise<number> {
  const text = "select seats from identity_seats where event_id = $1 and identity = $2";
  return (await shop.pool.query<{ seats: number }>(text, [eventId, identity])).rows[0]?.seats ?? 0;
}

async function standingTaken(event: OnsaleEvent): Promise<number> {
  const text = "select standing_taken from sections where event_id = $1";
  return (await shop.pool.query<{ standing_taken: number }>(text, [event.id])).rows[0]?.standing_taken ?? -1;
}

async function startPayment({ id, total }: Booking, status: string): Promise<void> {
  await shop.pool.query(
    `insert into payments (id, booking_id, buyer_id, provider, status, amount_minor, currency) values ($1, $2, $1, 'sandbox', $3, $4, 'EUR')`,
    [randomUUID(), id, status, total.amountMinor],
  );
}

describe("seats given back", () => {
  test("are free at once, and the booking costs less and counts less", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(5)], rules: { mostPerIdentity: 4 } });
    const booking = await book(event, 3);
    const [first] = booking.seats;
    const outcome = await mind.giveBack(mine(booking), [0]);
    expect(outcome).toMatchObject({ outcome: "changed", fresh: true });
    const { seats, ...rest } = changed(outcome);
    expect(rest).toMatchObject({ quantity: 2, total: { amountMinor: 9_000n, currency: "EUR" } });
    expect(seats.map(({ position }) => position)).toEqual([1, 2]);
    const states = (await seatsOf(event)) ?? "";
    expect(states[first?.seatNumber ?? -1]).toBe("0");
    expect(states.replaceAll("0", "")).toBe("11");
    expect(await seatsOfIdentity(booking)).toBe(2);
    expect(await shop.bookings.find(booking.buyerId, booking.id)).toEqual(changed(outcome));
  });

  test("in a standing section are places of the stock again", async () => {
    const event = await openEvent(shop, { sections: [standingOf(10)] });
    const booking = await book(event, 4);
    changed(await mind.giveBack(mine(booking), [1, 3]));
    expect(await standingTaken(event)).toBe(2);
    const counts = await shop.seats.counts(event.id, [event.sections[0]?.id as never]);
    expect(counts).toEqual([{ free: [8], held: [2] }]);
  });

  test("fifty times at once are given back once, and the same again answers the same", async () => {
    const event = await openEvent(shop, { sections: [standingOf(10)], rules: { mostPerIdentity: 4 } });
    const booking = await book(event, 4);
    const news = await hear(event);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => mind.giveBack(mine(booking), [0, 2])),
    );
    expect(outcomes.map(changed).map(({ quantity }) => quantity)).toEqual(outcomes.map(() => 2));
    expect(outcomes.filter((outcome) => outcome.outcome === "changed" && outcome.fresh)).toHaveLength(1);
    expect([await standingTaken(event), await seatsOfIdentity(booking)]).toEqual([2, 2]);
    await expect.poll(() => news.heard).toEqual([{ bookingId: booking.id, status: "pending_payment" }]);
    expect(changed(await mind.giveBack(mine(booking), [2]))).toMatchObject({ quantity: 2 });
    await news.stop();
  });

  test("never include the last one, however the requests are split and timed", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(4)] });
    const booking = await book(event, 3);
    expect(await mind.giveBack(mine(booking), [0, 1, 2])).toEqual({ outcome: "last_seat_stays" });
    const outcomes = await Promise.all([0, 1, 2].map((position) => mind.giveBack(mine(booking), [position])));
    expect(outcomes.filter(({ outcome }) => outcome === "last_seat_stays")).toHaveLength(1);
    const left = await shop.bookings.find(booking.buyerId, booking.id);
    expect(left).toMatchObject({ status: "pending_payment", quantity: 1, total: { amountMinor: 4_500n } });
  });

  test("stay while they are being paid, and can go once the payment has failed", async () => {
    const event = await openEvent(shop);
    const booking = await book(event, 2);
    await startPayment(booking, "pending");
    expect(await mind.giveBack(mine(booking), [0])).toEqual({ outcome: "payment_under_way" });
    await shop.pool.query("update payments set status = 'failed' where booking_id = $1", [booking.id]);
    expect(changed(await mind.giveBack(mine(booking), [0])).quantity).toBe(1);
  });

  test("must be the booking's own", async () => {
    const event = await openEvent(shop);
    const booking = await book(event, 2);
    expect(await mind.giveBack(mine(booking), [1, 2])).toEqual({ outcome: "seats_not_booked" });
    const stranger = { bookingId: booking.id, buyerId: newBuyer().buyerId };
    expect(await mind.giveBack(stranger, [0])).toEqual({ outcome: "not_found" });
  });

  test("come free by the job where Redis did not hear of it, and stay free when it comes again", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(6)] });
    const booking = await book(event, 3);
    const deaf = { ...shop.seats, shrink: () => Promise.reject(new Error("Connection is closed.")) };
    changed(await createChangeOfMind({ ...shop, seats: deaf }).giveBack(mine(booking), [0, 1]));
    expect((await seatsOf(event))?.replaceAll("0", "")).toBe("111");
    const jobs = await shop.pool.query<{ data: { bookingIds: never[] } }>(
      "select data from pgboss.job where name = 'apply-holds' and data -> 'bookingIds' ? $1",
      [booking.id],
    );
    expect(jobs.rows).toHaveLength(1);
    for (const { data } of [...jobs.rows, ...jobs.rows]) await applyHolds(shop, data);
    expect((await seatsOf(event))?.replaceAll("0", "")).toBe("1");
    const other = await book(event, 5);
    await applyHolds(shop, { bookingIds: [booking.id] });
    expect(other.quantity).toBe(5);
    expect(await seatsOf(event)).toBe("111111");
  });

  test("are free after a rebuilding too", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(6)] });
    const booking = await book(event, 3);
    changed(await mind.giveBack(mine(booking), [0]));
    const before = await seatsOf(event);
    await loadSection(shop, event.sections[0] as never);
    expect(await seatsOf(event)).toBe(before);
  });
});

describe("a booking that is cancelled", () => {
  test("frees its seats at once and is told, fifty times at once as well as once", async () => {
    const event = await openEvent(shop, { sections: [standingOf(5)], rules: { mostPerIdentity: 4 } });
    const booking = await book(event, 2);
    const news = await hear(event);
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => mind.cancel(mine(booking))));
    expect(new Set(outcomes.map((outcome) => changed(outcome).status))).toEqual(new Set(["cancelled"]));
    expect([await standingTaken(event), await seatsOfIdentity(booking)]).toEqual([0, 0]);
    const counts = await shop.seats.counts(event.id, [event.sections[0]?.id as never]);
    expect(counts).toEqual([{ free: [5], held: [0] }]);
    await expect.poll(() => news.heard).toEqual([{ bookingId: booking.id, status: "cancelled" }]);
    await news.stop();
  });

  test("lets the next buyer have its seats", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(2)] });
    changed(await mind.cancel(mine(await book(event, 2))));
    expect(await book(event, 2)).toMatchObject({ status: "pending_payment" });
  });
});

describe("a deadline that is put off", () => {
  const options = { rules: { extensionMs: 120_000 }, paymentWindowMs: 60_000 };

  test("is later by what the event grants, and the first deadline ends nothing", async () => {
    const event = await openEvent(shop, options);
    const booking = await book(event, 1);
    const news = await hear(event);
    const later = changed(await mind.putOff(mine(booking), "key-of-a-test"));
    await expect.poll(() => news.heard).toEqual([{ bookingId: booking.id, status: "pending_payment" }]);
    await news.stop();
    expect(later).toMatchObject({ deadlineMs: booking.deadlineMs + 120_000, extended: true });
    await expireBookings({ ...shop, clock: inAMinute }, { eventId: event.id });
    expect((await shop.bookings.find(booking.buyerId, booking.id))?.status).toBe("pending_payment");
    const inThree = { now: () => Date.now() + 181_000 };
    await expireBookings({ ...shop, clock: inThree }, { eventId: event.id });
    expect((await shop.bookings.find(booking.buyerId, booking.id))?.status).toBe("expired");
  });

  test("has an expiry job of its second, shared with others of that second", async () => {
    const event = await openEvent(shop, options);
    const bookings = await Promise.all(Array.from({ length: 10 }, () => book(event, 1)));
    await shop.pool.query("delete from pgboss.job where name = 'expire-bookings'");
    const outcomes = await Promise.all(
      bookings.map((booking) => mind.putOff(mine(booking), "key-of-a-test")),
    );
    const later = outcomes.map((outcome) => (Math.floor(changed(outcome).deadlineMs / 1_000) + 1) * 1_000);
    const jobs = await shop.pool.query<{ start_after: Date }>(
      "select start_after from pgboss.job where name = 'expire-bookings' and data ->> 'eventId' = $1 order by 1",
      [event.id],
    );
    const dueMs = jobs.rows.map(({ start_after }) => start_after.getTime());
    expect(dueMs).toEqual([...new Set(later)].toSorted((left, right) => left - right));
  });

  test("is put off once: the same request answers the same, another one is refused", async () => {
    const event = await openEvent(shop, options);
    const booking = await book(event, 1);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => mind.putOff(mine(booking), "key-of-a-test")),
    );
    const deadlines = outcomes.map((outcome) => changed(outcome).deadlineMs);
    expect(new Set(deadlines)).toEqual(new Set([booking.deadlineMs + 120_000]));
    expect(await mind.putOff(mine(booking), "another-key")).toEqual({ outcome: "extension_used" });
  });

  test("needs an event that allows it", async () => {
    const booking = await book(await openEvent(shop), 1);
    expect(await mind.putOff(mine(booking), "key-of-a-test")).toEqual({ outcome: "extension_refused" });
  });
});

test("after its deadline a booking cannot be changed any more, also before its end is written down", async () => {
  const event = await openEvent(shop, { paymentWindowMs: 60_000, rules: { extensionMs: 60_000 } });
  const booking = await book(event, 2);
  const late = createChangeOfMind({ ...shop, clock: inAMinute });
  const outcomes = [
    await late.giveBack(mine(booking), [0]),
    await late.cancel(mine(booking)),
    await late.putOff(mine(booking), "key-of-a-test"),
  ];
  expect(outcomes).toEqual(outcomes.map(() => ({ outcome: "booking_not_changeable" })));
});

async function hear(event: OnsaleEvent) {
  const heard: Omit<BookingChange, "buyerId">[] = [];
  const stop = await shop.changes.watch(event.id, ({ bookingId, status }) =>
    heard.push({ bookingId, status }),
  );
  return { heard, stop };
}
