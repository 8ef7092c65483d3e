import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BookingId } from "../../foundation/ids.ts";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { newBuyer, openEvent, openShop, type Shop } from "../../test/harness/shop.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { type Booking, type BookingStatus, bookingStatuses, isLive } from "./booking.ts";
import { type ChangeOfMind, createChangeOfMind } from "./change-of-mind.ts";
import { endBookings, giveBackSeats, markPaid, putOffDeadline } from "./transitions.ts";

let shop: Shop;
let event: OnsaleEvent;
let mind: ChangeOfMind;
beforeAll(async () => {
  shop = await openShop();
  event = await openEvent(shop, {
    sections: [{ name: "floor", kind: "standing", capacity: 500 }],
    rules: { extensionMs: 60_000 },
  });
  mind = createChangeOfMind(shop);
});
afterAll(() => shop.close());

/** A booking that got into this state by whatever way. */
async function bookingIn(status: BookingStatus): Promise<Booking> {
  const booked = await shop.bookings.book({
    eventId: event.id,
    wishes: [{ mode: "best-available", quantity: 2 }],
    buyer: newBuyer(),
    idempotencyKey: randomUUID(),
  });
  if (booked.outcome !== "booked") throw new Error(booked.outcome);
  const { id } = booked.booking;
  const endedAt = isLive(status) ? null : new Date();
  await shop.pool.query("update bookings set status = $2, ended_at = $3 where id = $1", [
    id,
    status,
    endedAt,
  ]);
  await shop.pool.query("update booking_seats set live = $2 where booking_id = $1", [id, isLive(status)]);
  return booked.booking;
}

async function rowOf(id: BookingId): Promise<unknown> {
  const text = `select to_jsonb(b) as booking, (select jsonb_agg(s order by s.position) from booking_seats s where s.booking_id = b.id) as seats
                  from bookings b where b.id = $1`;
  return (await shop.pool.query(text, [id])).rows[0];
}

type Transition = {
  readonly name: string;
  readonly to: BookingStatus;
  /** Whether it took place. */
  run(sql: Sql, booking: Booking): Promise<boolean>;
};

const ends = (["expired", "failed", "cancelled"] as const).map(
  (to): Transition => ({
    name: to,
    to,
    run: async (sql, { id }) => (await endBookings(sql, [id], to, Date.now())).length === 1,
  }),
);
const transitions: readonly Transition[] = [
  {
    name: "paid",
    to: "paid",
    run: async (sql, { id, total: { amountMinor } }) =>
      (await markPaid(sql, [{ bookingId: id, amountMinor }])).length === 1,
  },
  ...ends,
  {
    name: "seats given back",
    to: "pending_payment",
    run: (sql, { id }) => giveBackSeats(sql, { id, positions: [1], nowMs: Date.now() }),
  },
  {
    name: "deadline put off",
    to: "pending_payment",
    run: async (sql, { id }) =>
      (await putOffDeadline(sql, id, { key: "key", nowMs: Date.now() })) !== undefined,
  },
];
const tries = bookingStatuses.flatMap((from) => transitions.map((transition) => ({ from, ...transition })));

describe("the state machine of bookings", () => {
  test.each(tries)("from $from: $name", async ({ from, to, run }) => {
    const booking = await bookingIn(from);
    const before = await rowOf(booking.id);
    const done = await inTransaction(shop.pool, (sql) => run(sql, booking));
    expect(done).toBe(from === "pending_payment");
    if (done) expect(await rowOf(booking.id)).toMatchObject({ booking: { status: to } });
    else expect(await rowOf(booking.id)).toEqual(before);
  });

  const notPending = bookingStatuses.filter((status) => status !== "pending_payment");
  test.each(notPending)("a buyer who wants to change a booking that is %s is told why not", async (from) => {
    const booking = await bookingIn(from);
    const mine = { bookingId: booking.id, buyerId: booking.buyerId };
    const refused = { outcome: "booking_not_changeable" };
    expect(await mind.giveBack(mine, [0])).toEqual(refused);
    expect(await mind.putOff(mine, "key-of-a-test")).toEqual(refused);
    if (from === "cancelled")
      expect(await mind.cancel(mine)).toMatchObject({ outcome: "changed", fresh: false });
    else expect(await mind.cancel(mine)).toEqual(refused);
  });

  test("nothing is paid that costs something else by now", async () => {
    const booking = await bookingIn("pending_payment");
    await mind.giveBack({ bookingId: booking.id, buyerId: booking.buyerId }, [0]);
    const { id: bookingId, total } = booking;
    const pay = (amountMinor: bigint) => markPaid(shop.pool, [{ bookingId, amountMinor }]);
    expect(await pay(total.amountMinor)).toEqual([]);
    expect(await pay(total.amountMinor / 2n)).toMatchObject([{ id: bookingId, status: "paid" }]);
  });
});
