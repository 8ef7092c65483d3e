import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Booking } from "../bookings/booking.ts";
import type { RefundPolicy } from "../events/event.ts";
import { readAudit } from "../rooms/audit.ts";
import { createBookingFiles } from "./booking-file.ts";
import { generous, openRefundTest, type RefundTest } from "./test-refunds.ts";

let here: RefundTest;
beforeAll(async () => {
  here = await openRefundTest();
});
afterAll(() => here.close());

const paid = (quantity: number, policy: RefundPolicy | null = generous) => here.paid(quantity, policy);
const byBuyer = (booking: Booking, positions: readonly number[] | null = null, key: string = randomUUID()) =>
  here.byBuyer(booking, positions, key);

describe("a buyer's refund", () => {
  test("of all tickets makes them void, gives all the money back once, and frees the seats", async () => {
    const booking = await paid(2);
    const key = randomUUID();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => byBuyer(booking, null, key)));
    expect(outcomes.filter((outcome) => outcome.outcome === "refunded" && outcome.fresh)).toHaveLength(1);
    expect(await here.statusOf(booking)).toBe("refunded");
    expect(await here.givenBack(booking)).toBe(9_000);
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
    expect(await createBookingFiles(here.shop).find(booking.id)).toMatchObject({
      booking: { seats: [{ ticketStatus: "refunded" }, { ticketStatus: "valid" }] },
      payments: [{ status: "succeeded", refundedMinor: 4_500n }],
      refunds: [{ positions: [0], reason: "buyer" }],
    });
    expect(await byBuyer(booking, [0])).toEqual({ outcome: "seats_not_booked" });
    expect(await byBuyer(booking)).toMatchObject({ outcome: "refunded", booking: { status: "refunded" } });
    expect(await byBuyer(booking)).toEqual({ outcome: "booking_not_refundable" });
    expect(await here.givenBack(booking)).toBe(9_000);
  });

  test("is not taken for another one under the same key", async () => {
    const booking = await paid(2);
    const key = randomUUID();
    await byBuyer(booking, [0], key);
    expect(await byBuyer(booking, [0], key)).toMatchObject({ outcome: "refunded", fresh: false });
    expect(await byBuyer(booking, [1], key)).toEqual({ outcome: "idempotency_key_reused" });
    expect(await byBuyer(booking, [0, 1], key)).toEqual({ outcome: "idempotency_key_reused" });
    const toWallet = { ...here.ask(booking, [0]), to: "wallet" } as const;
    expect(await here.refunds.askedByBuyer(booking.buyerId, toWallet, key)).toEqual({
      outcome: "idempotency_key_reused",
    });
    expect(await here.givenBack(booking)).toBe(4_500);
  });

  test("asked for twice at once with different keys gives each seat back once", async () => {
    const booking = await paid(2);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => byBuyer(booking)));
    expect(outcomes.filter(({ outcome }) => outcome === "refunded")).toHaveLength(1);
    expect(await here.givenBack(booking)).toBe(9_000);
  });

  test("is refused without a policy, past its time, for a stranger, and for a ticket that was used", async () => {
    const [without, past] = [await paid(1, null), await paid(1, { ...generous, untilMs: 10 ** 12 })];
    expect(await byBuyer(without)).toEqual({ outcome: "refund_not_allowed" });
    expect(await byBuyer(past)).toEqual({ outcome: "refund_not_allowed" });
    const booking = await paid(2);
    const stranger = await here.refunds.askedByBuyer(randomUUID() as never, here.ask(booking), randomUUID());
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
    expect(await here.refunds.quote(booking.buyerId, here.ask(booking))).toMatchObject({
      provider: { amountMinor: 3_000n },
    });
    await byBuyer(booking, [1]);
    await byBuyer(booking, [0]);
    expect(await here.givenBack(booking)).toBe(3_000);
  });

  test("into the wallet is there at once, and what is left can still go back the way it came", async () => {
    const booking = await paid(2);
    const before = await here.balanceOf("buyer_wallet");
    const wish = { ...here.ask(booking, [0]), to: "wallet" } as const;
    const refunded = await here.refunds.askedByBuyer(booking.buyerId, wish, randomUUID());
    expect(refunded).toMatchObject({
      refund: { status: "done", amountMinor: 0n, walletMinor: 4_500n },
    });
    // What is owed is minus.
    expect(await here.balanceOf("buyer_wallet")).toBe(before - 4_500n);
    await byBuyer(booking);
    expect(await here.givenBack(booking)).toBe(4_500);
  });

  test("by the organiser is whole whatever the policy says, also of a used ticket, and is written down", async () => {
    const booking = await paid(1, null);
    await here.shop.pool.query("update tickets set status = 'used', used_at = now() where booking_id = $1", [
      booking.id,
    ]);
    const actor = { id: null, email: "organiser@onsale.example" };
    const ask = { bookingId: booking.id, positions: null };
    const key = randomUUID();
    const both = [
      await here.refunds.byOrganiser(actor, ask, key, "the seat is broken"),
      await here.refunds.byOrganiser(actor, ask, key, "the seat is broken"),
    ];
    expect(both).toMatchObject([{ fresh: true }, { fresh: false }]);
    expect(await here.givenBack(booking)).toBe(4_500);
    const noted = (await readAudit(here.shop.pool, booking.eventId, 9)).map(({ after }) => after);
    expect(noted).toEqual([{ bookingId: booking.id, positions: [0], why: "the seat is broken" }]);
  });
});
