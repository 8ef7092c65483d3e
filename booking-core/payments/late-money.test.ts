import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  best,
  bookNow,
  bookRequest,
  lettersIn,
  openEvent,
  standingOf,
  type TestEventOptions,
} from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Booking } from "../bookings/booking.ts";
import { createChangeOfMind } from "../bookings/change-of-mind.ts";
import { expireBookings } from "../bookings/jobs.ts";
import { createOrphanSearch } from "../bookings/orphan-holds.ts";
import type { OnsaleEvent } from "../events/event.ts";
import { claimAgain } from "./claim-again.ts";
import { openPaymentTest, type PaymentTest } from "./test-payments.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: true, receiveWebhooks: false });
});
afterAll(() => here.close());

/** A booking that has expired with its payment under way. */
async function lateBooking(options: TestEventOptions = {}, quantity = 2, otherSeats = false) {
  const event = await openEvent(here.shop, options);
  const booking = await bookNow(here.shop, bookRequest(event, best(quantity)));
  const payment = await here.startPayment(booking);
  if (otherSeats)
    await here.shop.pool.query("update payments set other_seats = true where id = $1", [payment.id]);
  await expire(booking);
  return { event, booking, payment };
}

async function expire(booking: Booking): Promise<void> {
  const clock = { now: () => booking.deadlineMs + 1 };
  await expireBookings({ ...here.till, clock }, { eventId: booking.eventId });
  expect(await here.statusOf(booking)).toBe("expired");
}

type Late = Awaited<ReturnType<typeof lateBooking>>;

/** Tells that the money is here, and gives what settling made of it. */
async function pay({ payment }: Pick<Late, "payment">): Promise<string> {
  const id = `evt_${payment.id}`;
  const { body, signature } = here.webhook(payment, { id });
  await here.till.inbox.receive("sandbox", body, signature);
  return here.settledOutcome(id);
}

const letters = (event: OnsaleEvent, wanted: string) =>
  waitFor(async () => (await lettersIn(here.shop, event)).startsWith(wanted), { what: `seats ${wanted}` });

describe("money for a booking that has expired", () => {
  test("buys the same seats where they are free", async () => {
    const late = await lateBooking();
    expect(await pay(late)).toBe("paid late");
    const paid = await here.shop.bookings.find(late.booking.buyerId, late.booking.id);
    expect(paid?.status).toBe("paid");
    expect(paid?.seats.map(({ seatNumber }) => seatNumber)).toEqual(
      late.booking.seats.map(({ seatNumber }) => seatNumber),
    );
    await here.expectCounts(late.booking, { tickets: 2, transfers: 1, notifications: 1 });
    await letters(late.event, "ssf");
  });

  test("buys the same number of standing places, and never more than there are", async () => {
    const late = await lateBooking({ sections: [standingOf(3)] });
    expect(await pay(late)).toBe("paid late");
    const taken = await here.shop.pool.query("select standing_taken from sections where event_id = $1", [
      late.event.id,
    ]);
    expect(taken.rows).toEqual([{ standing_taken: 2 }]);
    const full = await lateBooking({ sections: [standingOf(3)] });
    await bookNow(here.shop, bookRequest(full.event, best(2)));
    expect(await pay(full)).toBe("too_late: refunding");
    await here.expectCounts(full.booking, { tickets: 0 });
  });

  test("goes back where the seats are another's, unless the buyer takes others", async () => {
    const strict = await lateBooking();
    await here.sellAgain(strict.booking);
    expect(await pay(strict)).toBe("too_late: refunding");
    expect(await here.statusOf(strict.booking)).toBe("expired");
    await letters(strict.event, "hhf");

    const easy = await lateBooking({}, 2, true);
    await here.sellAgain(easy.booking);
    expect(await pay(easy)).toBe("paid late");
    const seats = (await here.shop.bookings.find(easy.booking.buyerId, easy.booking.id))?.seats;
    expect(seats?.map(({ seatNumber }) => seatNumber)).toEqual([2, 3]);
    await letters(easy.event, "hhssf");
    const tickets = await here.shop.pool.query(
      "select seat_number from tickets where booking_id = $1 order by 1",
      [easy.booking.id],
    );
    expect(tickets.rows).toEqual([{ seat_number: 2 }, { seat_number: 3 }]);
  });

  test("goes back where Postgres knows of another live booking of a seat that Redis gave", async () => {
    const late = await lateBooking();
    const other = await here.sellAgain(late.booking);
    const sectionId = late.booking.seats[0]?.sectionId as never;
    await here.shop.seats.release(late.event.id, sectionId, [other.id]);
    expect(await pay(late)).toBe("too_late: refunding");
    await letters(late.event, "hhf");
    await here.expectCounts(late.booking, { tickets: 0 });
    expect(await here.statusOf(other)).toBe("pending_payment");
  });

  test("goes back where the buyer has all by now that the event grants", async () => {
    const event = await openEvent(here.shop, { rules: { mostPerIdentity: 2 } });
    const request = bookRequest(event, best(2));
    const booking = await bookNow(here.shop, request);
    const payment = await here.startPayment(booking);
    await expire(booking);
    await bookNow(here.shop, bookRequest(event, best(2), { buyer: request.buyer }));
    expect(await pay({ payment })).toBe("too_late: refunding");
    expect(await here.statusOf(booking)).toBe("expired");
  });

  test("counts for what the event grants its buyer", async () => {
    const event = await openEvent(here.shop, { rules: { mostPerIdentity: 2 } });
    const request = bookRequest(event, best(2));
    const booking = await bookNow(here.shop, request);
    const payment = await here.startPayment(booking);
    await expire(booking);
    expect(await pay({ payment })).toBe("paid late");
    const more = await here.shop.bookings.book(bookRequest(event, best(1), { buyer: request.buyer }));
    expect(more).toMatchObject({ outcome: "buyer_limit_reached" });
  });

  test("goes back where the event does not take place", async () => {
    const late = await lateBooking();
    await here.shop.pool.query("update events set status = 'cancelled' where id = $1", [late.event.id]);
    expect(await pay(late)).toBe("too_late: refunding");
    await here.expectCounts(late.booking, { tickets: 0 });
  });

  test("that comes twice, from two payments, buys once and goes back once", async () => {
    const event = await openEvent(here.shop);
    const booking = await bookNow(here.shop, bookRequest(event, best(2)));
    const payments = [await here.startPayment(booking), await here.startPayment(booking)];
    await expire(booking);
    const outcomes = await Promise.all(payments.map((payment) => pay({ payment })));
    expect(outcomes.toSorted()).toEqual(["paid late", "paid_twice: refunding"]);
    await here.expectCounts(booking, { tickets: 2 });
    await letters(event, "ssf");
  });
});

test("money for a booking that its buyer has cancelled goes back, though its seats are free", async () => {
  const event = await openEvent(here.shop);
  const booking = await bookNow(here.shop, bookRequest(event, best(2)));
  const payment = await here.startPayment(booking);
  await createChangeOfMind(here.shop).cancel({ bookingId: booking.id, buyerId: booking.buyerId });
  expect(await pay({ payment })).toBe("too_late: refunding");
  expect(await here.statusOf(booking)).toBe("cancelled");
});

test("seats that were claimed again by a worker who died before the commit are free again as orphans", async () => {
  const { event, booking } = await lateBooking();
  const claimed = await claimAgain(here.till, { bookingId: booking.id, otherSeats: false });
  expect(claimed).toHaveLength(2);
  await letters(event, "hhf");
  const later = { now: () => Date.now() + 31_000 };
  await createOrphanSearch({ ...here.till, clock: later })();
  await letters(event, "fff");
});

test("the expiry of a booking that comes behind its late payment leaves the seats sold", async () => {
  const late = await lateBooking();
  expect(await pay(late)).toBe("paid late");
  await letters(late.event, "ssf");
  await expireBookings(
    { ...here.till, clock: { now: () => Date.now() + 3_600_000 } },
    { eventId: late.event.id },
  );
  await letters(late.event, "ssf");
  expect(await here.statusOf(late.booking)).toBe("paid");
});
