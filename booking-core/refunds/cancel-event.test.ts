import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TicketId, uuidSource } from "../../foundation/ids.ts";
import { decide } from "../../test/harness/money.ts";
import { best, bookNow, bookRequest, lettersIn } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Booking } from "../bookings/booking.ts";
import { createCheckIns } from "../doors/check-ins.ts";
import { createDoors } from "../doors/doors.ts";
import { newScanId, tokens } from "../doors/test-doors.ts";
import { readAudit } from "../rooms/audit.ts";
import { createTicketKeys } from "../tickets/ticket-keys.ts";
import { cancelEvent } from "./cancel-event.ts";
import { findCancellation } from "./cancellation.ts";
import { refundCancelledEvents, refundEvent } from "./refund-event.ts";
import { openRefundTest, type RefundTest } from "./test-refunds.ts";

let here: RefundTest;
beforeAll(async () => {
  here = await openRefundTest();
});
afterAll(() => here.close());

const actor = { id: null, email: "organiser@onsale.example" };
const cancel = ({ eventId }: Pick<Booking, "eventId">) => cancelEvent(here.till, actor, eventId);
const finished = ({ eventId }: Pick<Booking, "eventId">) =>
  waitFor(
    async () => {
      const now = await findCancellation(here.shop.pool, eventId);
      return now?.finishedAtMs !== null && now?.pending === 0 ? now : undefined;
    },
    { what: "the cancellation done" },
  );

describe("an event that does not take place", () => {
  test("gives everybody back what is left of what they paid, once, and says how far it is", async () => {
    const event = await here.openPolicyEvent();
    const [whole, part] = [await here.paidFor(event, 3), await here.paidFor(event, 2)];
    await here.byBuyer(part, [0]);
    const open = await bookNow(here.shop, bookRequest(event, best(2)));
    const answers = await Promise.all([cancel(whole), cancel(whole), cancel(whole)]);
    for (const answer of answers) expect(answer).toMatchObject({ bookings: 2 });
    expect(await finished(whole)).toMatchObject({ bookings: 2, refunded: 2, parked: 0 });
    expect([await here.givenBack(whole), await here.givenBack(part)]).toEqual([13_500, 9_000]);
    expect([await here.statusOf(whole), await here.statusOf(part), await here.statusOf(open)]).toEqual([
      "refunded",
      "refunded",
      "cancelled",
    ]);
    await expect.poll(() => lettersIn(here.shop, event)).toBe("f".repeat(20));
    const mine = (await readAudit(here.shop.pool, event.id, 10)).filter(
      ({ action }) => action === "event_cancelled",
    );
    expect(mine).toMatchObject([{ before: { status: "active" }, after: { status: "cancelled" } }]);
    const told = async () =>
      (await here.till.mailsTo(whole.buyerEmail))
        .filter(({ subject }) => /take place/.test(subject))
        .map(({ text }) => /€[\d.]+ goes back/.exec(text)?.[0]);
    await expect.poll(told).toEqual(["€135.00 goes back"]);
  });

  test("has no good ticket from the answer on, long before its refunds are done", async () => {
    const booking = await here.paid(2);
    const letThrough = await holdUpBookings(booking);
    await cancel(booking);
    expect(await here.ticketStates(booking)).toEqual(["refunded", "refunded"]);
    expect(await here.statusOf(booking)).toBe("paid");
    expect(await here.refunds.quote(booking.buyerId, here.ask(booking))).toEqual({
      outcome: "booking_not_refundable",
    });
    await letThrough();
    await finished(booking);
    expect(await here.givenBack(booking)).toBe(9_000);
  });

  test("lets nobody in with a ticket that was written while it was cancelled, and makes it void", async () => {
    const booking = await bookNow(here.shop, bookRequest(await here.openPolicyEvent(), best(1)));
    const payment = await here.startPayment(booking);
    const settleOn = await holdUp("lock table notifications in share row exclusive mode");
    await decide(payment.payUrl, "approve");
    await waitFor(isHeldUp, { what: "the settlement in the middle" });
    await cancel(booking);
    await finished(booking);
    await settleOn();
    await here.becomes(booking, "paid");
    expect(await here.ticketStates(booking)).toEqual(["valid"]);
    expect(await scanTicketOf(booking)).toBe("refunded");
    const refundOn = await holdUpBookings(booking);
    const searched = refundCancelledEvents(here.till);
    await waitFor(async () => (await here.ticketStates(booking)).join() === "refunded", {
      what: "the void ticket",
    });
    expect(await here.statusOf(booking)).toBe("paid");
    await refundOn();
    await searched;
    expect(await here.givenBack(booking)).toBe(4_500);
  });

  test("sells nothing, takes no payment, and gives money back that comes later", async () => {
    const event = await here.openPolicyEvent();
    const [first, second] = [
      await bookNow(here.shop, bookRequest(event, best(1))),
      await bookNow(here.shop, bookRequest(event, best(1))),
    ];
    const payment = await here.startPayment(first);
    await here.shop.pool.query("update events set status = 'cancelled' where id = $1", [event.id]);
    await expect(here.startPayment(second)).rejects.toThrow("booking_not_payable");
    await decide(payment.payUrl, "approve");
    await here.refundDone(payment);
    expect(await here.problemPayment(first, "too_late")).toMatchObject({ id: payment.id });
    expect(await here.ticketStates(first)).toEqual([]);
    await here.shop.publishChanges();
    await waitFor(async () => (await here.shop.catalogue.find(event.id))?.status === "cancelled", {
      what: "the catalogue",
    });
    expect(await here.shop.bookings.book(bookRequest(event, best(1)))).toMatchObject({
      outcome: "event_cancelled",
    });
  });

  test("makes also the tickets void that were let in, and gives their money back", async () => {
    const booking = await here.paid(2);
    await letIn(booking);
    const letThrough = await holdUpBookings(booking);
    await cancel(booking);
    expect(await here.ticketStates(booking)).toEqual(["refunded", "refunded"]);
    await letThrough();
    await finished(booking);
    expect(await here.givenBack(booking)).toBe(9_000);
  });

  test.each([
    ["booked and paid", async () => undefined],
    ["let in at a door", letIn],
  ])("refunds also who was %s in the moment of its cancellation", async (_what, meanwhile) => {
    // As transactions leave them that began before the cancellation and ended after its job.
    const late = await here.paid(1);
    await meanwhile(late);
    await here.shop.pool.query("update events set status = 'cancelled' where id = $1", [late.eventId]);
    await here.shop.pool.query(
      "insert into event_cancellations (event_id, bookings_total, finished_at) values ($1, 0, now())",
      [late.eventId],
    );
    await refundCancelledEvents(here.till);
    expect(await here.statusOf(late)).toBe("refunded");
    expect(await here.ticketStates(late)).toEqual(["refunded"]);
    expect(await here.givenBack(late)).toBe(4_500);
  });

  test("is nothing where there is no such event", async () => {
    expect(await cancel({ eventId: "00000000-0000-4000-8000-000000000000" as never })).toBeUndefined();
  });
});

test("two workers at once refund each booking once, also while their buyers do it themselves", async () => {
  const event = await here.openPolicyEvent();
  const bookings: Booking[] = [];
  for (let made = 0; made < 8; made += 1) bookings.push(await here.paidFor(event, 1));
  const mine = bookings.slice(0, 4).map((booking) => here.byBuyer(booking));
  const [first] = bookings as [Booking];
  await cancel(first);
  await Promise.all([refundEvent(here.till, first), refundEvent(here.till, first), ...mine]);
  await finished(first);
  for (const booking of bookings) {
    expect(await here.statusOf(booking)).toBe("refunded");
    expect(await here.givenBack(booking)).toBe(4_500);
  }
});

/** The first of its tickets, as a door leaves it. */
async function letIn({ id }: Booking): Promise<void> {
  const text = "update tickets set status = 'used', used_at = now() where booking_id = $1 and position = 0";
  await here.shop.pool.query(text, [id]);
}

/** Whoever wants to change the booking waits until it is let through. */
function holdUpBookings({ id }: Booking): Promise<() => Promise<void>> {
  return holdUp("select from bookings where id = $1 for update", [id]);
}

async function holdUp(lock: string, values: readonly string[] = []): Promise<() => Promise<void>> {
  const gate = await here.shop.pool.connect();
  await gate.query("begin");
  await gate.query(lock, [...values]);
  return async () => {
    await gate.query("rollback");
    gate.release();
  };
}

async function isHeldUp(): Promise<boolean> {
  const waiting = await here.shop.pool.query(
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return waiting.rowCount === 1;
}

async function scanTicketOf({ id, eventId }: Booking): Promise<string> {
  const keys = createTicketKeys({ ...here.shop, secret: "a secret of the tests, thirty-two characters" });
  const made = await createDoors({ ...here.shop, ids: uuidSource, tokens }).make(actor, eventId, "North");
  if (made.outcome !== "made") throw new Error(made.outcome);
  const text = "select id, issue from tickets where booking_id = $1";
  const found = await here.shop.pool.query<{ id: TicketId; issue: number }>(text, [id]);
  const [{ id: ticketId, issue }] = found.rows as [{ id: TicketId; issue: number }];
  const code = (await keys.signer())({ eventId, ticketId, issue });
  const checkIns = createCheckIns({ ...here.shop, keys });
  return (await checkIns.scan(made.door, { scanId: newScanId(), code })).result;
}
