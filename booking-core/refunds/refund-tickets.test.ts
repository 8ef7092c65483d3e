import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decide } from "../../test/harness/money.ts";
import { best, bookNow, bookRequest, openEvent } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Booking } from "../bookings/booking.ts";
import type { RefundPolicy } from "../events/event.ts";
import { openPaymentTest, type PaymentTest } from "../payments/test-payments.ts";
import { createRefunds, type Refunds } from "./refunds.ts";

let here: PaymentTest;
let refunds: Refunds;
beforeAll(async () => {
  here = await openPaymentTest({ work: true });
  refunds = createRefunds(here.till);
});
afterAll(() => here.close());

const generous: RefundPolicy = { untilMs: 0, shareBasisPoints: 10_000, feesToo: true, seatsReturn: true };

async function paid(quantity: number, policy: RefundPolicy | null = generous): Promise<Booking> {
  const event = await openEvent(here.shop);
  await here.shop.pool.query("update events set refund_policy = $2 where id = $1", [event.id, policy]);
  const booking = await bookNow(here.shop, bookRequest(event, best(quantity)));
  await decide((await here.startPayment(booking)).payUrl, "approve");
  await here.becomes(booking, "paid");
  return booking;
}

const ask = ({ id: bookingId }: Booking, positions: readonly number[] | null = null) =>
  ({ bookingId, positions, to: "provider" }) as const;

const byBuyer = (booking: Booking, positions: readonly number[] | null = null, key: string = randomUUID()) =>
  refunds.askedByBuyer(booking.buyerId, ask(booking, positions), key);

/** What the provider has given back of this booking, once nothing is under way any more. */
async function givenBack({ id }: Booking): Promise<number> {
  await waitFor(
    async () => {
      const open = "select from refunds where booking_id = $1 and status <> 'done'";
      return (await here.shop.pool.query(open, [id])).rowCount === 0;
    },
    { what: "refunds done" },
  );
  const found = await here.shop.pool.query<{ id: string }>(
    "select provider_payment_id as id from payments where booking_id = $1",
    [id],
  );
  const { refunds: theirs } = await here.till.books();
  return theirs
    .filter(({ paymentId }) => found.rows.some((row) => row.id === paymentId))
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

describe("a buyer's refund", () => {
  test("of all tickets makes them void, gives all the money back once, and frees the seats", async () => {
    const booking = await paid(2);
    const key = randomUUID();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => byBuyer(booking, null, key)));
    expect(outcomes.filter((outcome) => outcome.outcome === "refunded" && outcome.fresh)).toHaveLength(1);
    expect(await here.statusOf(booking)).toBe("refunded");
    expect(await givenBack(booking)).toBe(9_000);
    const tickets = await here.shop.pool.query("select distinct status from tickets where booking_id = $1", [
      booking.id,
    ]);
    expect(tickets.rows).toEqual([{ status: "refunded" }]);
    const holds = await here.shop.seats.holds(booking.eventId, booking.seats[0]?.sectionId as never);
    expect(holds.map(({ bookingId }) => bookingId)).not.toContain(booking.id);
  });

  test("of one seat leaves the other, which can be given back later", async () => {
    const booking = await paid(2);
    expect(await byBuyer(booking, [0])).toMatchObject({
      outcome: "refunded",
      booking: { status: "partly_refunded" },
    });
    const [hold] = (
      await here.shop.seats.holds(booking.eventId, booking.seats[0]?.sectionId as never)
    ).filter(({ bookingId }) => bookingId === booking.id);
    expect(hold?.quantity).toBe(1);
    expect(await byBuyer(booking, [0])).toEqual({ outcome: "seats_not_booked" });
    expect(await byBuyer(booking)).toMatchObject({ outcome: "refunded", booking: { status: "refunded" } });
    expect(await byBuyer(booking)).toEqual({ outcome: "booking_not_refundable" });
    expect(await givenBack(booking)).toBe(9_000);
  });

  test("asked for twice at once with different keys gives each seat back once", async () => {
    const booking = await paid(2);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => byBuyer(booking)));
    expect(outcomes.filter(({ outcome }) => outcome === "refunded")).toHaveLength(1);
    expect(await givenBack(booking)).toBe(9_000);
  });

  test("is refused without a policy, past its time, for a stranger, and for a ticket that was used", async () => {
    const [without, past] = [await paid(1, null), await paid(1, { ...generous, untilMs: 10 ** 12 })];
    expect(await byBuyer(without)).toEqual({ outcome: "refund_not_allowed" });
    expect(await byBuyer(past)).toEqual({ outcome: "refund_not_allowed" });
    const booking = await paid(2);
    const stranger = await refunds.askedByBuyer(randomUUID() as never, ask(booking), randomUUID());
    expect(stranger).toEqual({ outcome: "not_found" });
    await here.shop.pool.query(
      "update tickets set status = 'used', used_at = now() where booking_id = $1 and position = 1",
      [booking.id],
    );
    expect(await byBuyer(booking)).toEqual({ outcome: "ticket_used" });
    expect(await byBuyer(booking, [0])).toMatchObject({ outcome: "refunded" });
  });

  test("gives the share back that the policy says", async () => {
    const booking = await paid(2, { ...generous, shareBasisPoints: 3_333 });
    expect(await refunds.quote(booking.buyerId, ask(booking))).toMatchObject({
      provider: { amountMinor: 3_000n },
    });
    await byBuyer(booking, [1]);
    await byBuyer(booking, [0]);
    expect(await givenBack(booking)).toBe(3_000);
  });
});
