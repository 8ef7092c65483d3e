import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { uuidSource } from "../../foundation/ids.ts";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { decide } from "../../test/harness/money.ts";
import { best, bookNow, bookRequest } from "../../test/harness/shop.ts";
import type { Booking } from "../bookings/booking.ts";
import { allBack, decideRefund } from "./decide-refund.ts";
import { openRefunds } from "./open-refunds.ts";
import { readPaidSeats } from "./paid-seats.ts";
import { openRefundTest, type RefundTest } from "./test-refunds.ts";

let here: RefundTest;
beforeAll(async () => {
  here = await openRefundTest();
});
afterAll(() => here.close());

/** As a door lets somebody in. */
const checkIn = async (sql: Sql, { id }: Booking): Promise<boolean> => {
  const admitted = await sql.query(
    "update tickets set status = 'used', used_at = now() where booking_id = $1 and status = 'valid'",
    [id],
  );
  return (admitted.rowCount ?? 0) > 0;
};

describe("two refunds of the same seat at the same moment", () => {
  test("would both be promised where each reads before the other writes: only the payment's check stops the money", async () => {
    const booking = await here.paid(1);
    const unguarded = async (sql: Sql, key: string, bothHaveRead: Promise<unknown>) => {
      const seats = await readPaidSeats(sql, booking.id);
      await bothHaveRead;
      const left = { providerMinor: 4_500n, walletMinor: 0n, stepMinor: 1n };
      const amounts = decideRefund(seats, allBack, left, "provider");
      const { rows } = await sql.query<{ id: never }>("select id from payments where booking_id = $1", [
        booking.id,
      ]);
      const of = { paymentId: rows[0]?.id as never, bookingId: booking.id, buyerId: booking.buyerId };
      const why = { reason: "buyer", positions: [0], key, requestedBy: null, currency: "EUR" } as const;
      return openRefunds(here.till, sql, [{ ...of, ...why, ...amounts }]);
    };
    let read = 0;
    let open = () => {};
    const bothHaveRead = new Promise<void>((resolve) => void (open = resolve));
    const one = (key: string) =>
      inTransaction(here.shop.pool, (sql) => {
        read += 1;
        if (read === 2) open();
        return unguarded(sql, key, bothHaveRead);
      });
    const outcomes = await Promise.allSettled([one(`one ${booking.id}`), one(`two ${booking.id}`)]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const lost = outcomes.find((outcome) => outcome.status === "rejected");
    expect(String(lost?.reason)).toContain("payments_refunded");
  });

  test("are one refund and one clear refusal", async () => {
    for (let round = 0; round < 5; round += 1) {
      const booking = await here.paid(2);
      const outcomes = await Promise.all([0, 0, 0, 0].map((position) => here.byBuyer(booking, [position])));
      expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual([
        "refunded",
        ...Array(3).fill("seats_not_booked"),
      ]);
      expect(await here.givenBack(booking)).toBe(4_500);
    }
  });
});

describe("a refund and a check-in at the same moment", () => {
  test("would both succeed where the ticket's state is read without its lock", async () => {
    const booking = await here.paid(1);
    const refunded = await inTransaction(here.shop.pool, async (sql) => {
      const [seat] = await readPaidSeats(sql, booking.id);
      expect(await checkIn(here.shop.pool, booking)).toBe(true);
      if (seat?.isUsed === true) return false;
      await sql.query("update tickets set status = 'refunded', used_at = null where booking_id = $1", [
        booking.id,
      ]);
      return true;
    });
    expect(refunded).toBe(true);
  });

  test("have one winner: who is let in keeps the ticket, and who is refunded is not let in", async () => {
    const winners = new Set<string>();
    for (let round = 0; round < 12; round += 1) {
      const booking = await here.paid(1);
      const [refund, isIn] = await Promise.all([
        here.byBuyer(booking),
        round % 2 === 0 ? checkIn(here.shop.pool, booking) : checkInBehind(booking),
      ]);
      const states = await here.ticketStates(booking);
      expect([refund.outcome, isIn, states]).toEqual(
        isIn ? ["ticket_used", true, ["used"]] : ["refunded", false, ["refunded"]],
      );
      winners.add(refund.outcome);
    }
    expect(winners.size).toBe(2);
  });

  /** Once the refund has the ticket, or is over. */
  async function checkInBehind(booking: Booking): Promise<boolean> {
    const text = "select from tickets where booking_id = $1 and status = 'valid' for share skip locked";
    while ((await here.shop.pool.query(text, [booking.id])).rowCount === 1);
    return checkIn(here.shop.pool, booking);
  }
});

test("a refund and a second payment at the same moment: the tickets are void, and both payments are back", async () => {
  for (let round = 0; round < 4; round += 1) {
    const event = await here.openPolicyEvent();
    const booking = await bookNow(here.shop, bookRequest(event, best(1)));
    const [first, second] = [await here.startPayment(booking), await here.startPayment(booking)];
    await decide(first.payUrl, "approve");
    await here.becomes(booking, "paid");
    const [refund] = await Promise.all([here.byBuyer(booking), decide(second.payUrl, "approve")]);
    expect(refund.outcome).toBe("refunded");
    await here.problemPayment(booking, "paid_twice");
    await here.refundDone(second);
    expect(await here.givenBack(booking)).toBe(9_000);
    expect(await here.statusOf(booking)).toBe("refunded");
    expect(await here.ticketStates(booking)).toEqual(["refunded"]);
  }
});

test("the same request from many places at once is one refund", async () => {
  const booking = await here.paid(1);
  const key = uuidSource.next<string>();
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => here.byBuyer(booking, null, key)));
  expect(new Set(outcomes.map((outcome) => outcome.outcome === "refunded" && outcome.refund.id)).size).toBe(
    1,
  );
});
