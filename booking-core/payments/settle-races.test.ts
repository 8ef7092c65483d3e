import type { QueryConfig } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { decide } from "../../test/harness/money.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Booking } from "../bookings/booking.ts";
import { expireBookings } from "../bookings/jobs.ts";
import type { Payment, PaymentFact } from "./payment.ts";
import { settleAlone } from "./settle-alone.ts";
import { settleFact } from "./settle-fact.ts";
import { openPaymentTest, type PaymentTest } from "./test-payments.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: true });
});
afterAll(() => here.close());

test("a message that comes ten times at once is stored once and settled once", async () => {
  const booking = await here.book();
  const { body, signature } = here.webhook(await here.startPayment(booking));
  const received = await Promise.all(
    Array.from({ length: 10 }, () => here.till.inbox.receive("sandbox", body, signature)),
  );
  expect(received.filter(({ outcome }) => outcome === "stored")).toHaveLength(1);
  await here.becomes(booking, "paid");
  await here.expectCounts(booking, { tickets: 2, transfers: 1, notifications: 1 });
});

test("different messages that say the same pay once", async () => {
  const booking = await here.book();
  const payment = await here.startPayment(booking);
  const messages = Array.from({ length: 8 }, () => here.webhook(payment));
  await Promise.all(
    messages.map(({ body, signature }) => here.till.inbox.receive("sandbox", body, signature)),
  );
  await here.allSettled();
  expect(await here.statusOf(booking)).toBe("paid");
  expect(await here.paymentStatuses(booking)).toEqual(["succeeded"]);
  await here.expectCounts(booking, { tickets: 2, transfers: 1, notifications: 1 });
});

test("a payment at the moment of the deadline ends in tickets, and both in time and late in the same seats", async () => {
  const bookings = await Promise.all(Array.from({ length: 16 }, () => here.book()));
  const ends = await Promise.all(bookings.map(payAtDeadline));
  expect([...new Set(ends)]).toEqual(["paid succeeded 2"]);
});

/** Both sides at once, half of the time the one first and half the other. */
async function payAtDeadline(booking: Booking, index: number): Promise<string> {
  const payment = await here.startPayment(booking);
  // The provider's own message comes when all is over.
  await decide(payment.payUrl, "approve", { delayMs: 2_000 });
  const fact = succeeded(payment, "evt_at_deadline");
  const afterDeadline = { ...here.till, clock: { now: () => booking.deadlineMs + 1 } };
  const settle = () => settleAlone(here.till, (sql, seats) => settleFact(here.till, sql, fact, seats));
  const expire = () => expireBookings(afterDeadline, { eventId: booking.eventId });
  await Promise.all((index % 2 === 0 ? [settle, expire] : [expire, settle]).map((act) => act()));
  const end = async () => `${await here.statusOf(booking)} ${await here.paymentStatuses(booking)}`;
  const ended = await waitFor(async () => !(await end()).includes("refunding") && end(), { what: "an end" });
  const tickets = await here.shop.pool.query("select from tickets where booking_id = $1", [booking.id]);
  return `${ended} ${tickets.rowCount}`;
}

function succeeded(payment: Payment, providerEventId: string): PaymentFact {
  const { id: paymentId, amount } = payment;
  const providerPaymentId = payment.providerPaymentId ?? "";
  return {
    provider: "sandbox",
    providerEventId,
    kind: "payment_succeeded",
    providerPaymentId,
    paymentId,
    amount,
  };
}

describe("two messages that say of one payment at the same moment that it is paid", () => {
  /** Settles both in transactions that run side by side. */
  async function settleBoth(booking: Booking, adapt: (sql: Sql) => Sql): Promise<string[]> {
    const payment = await here.startPayment(booking);
    const facts = ["evt_one", "evt_two"].map((id) => succeeded(payment, id));
    const settled = await Promise.all(
      facts.map((fact) => inTransaction(here.shop.pool, (sql) => settleFact(here.till, adapt(sql), fact))),
    );
    return settled.map((one) => (one.status === "late" ? "late" : one.outcome)).toSorted();
  }

  /** The same statements without the lock of the payment's row: each goes on once both have read it. */
  function withoutLock(): (sql: Sql) => Sql {
    let readers = 0;
    return (sql) => {
      const query = async (statement: string | QueryConfig, values: unknown[]) => {
        if (typeof statement === "string" || statement.name !== "lock-payments")
          return sql.query(statement as string, values);
        const text = statement.text.replace(" for no key update", "");
        const result = await sql.query(text, statement.values);
        readers += 1;
        await waitFor(() => readers === 2, { what: "both to have read" });
        return result;
      };
      return { query: query as Sql["query"] };
    };
  }

  test("pay once and take nothing back", async () => {
    const booking = await here.book();
    expect(await settleBoth(booking, (sql) => sql)).toEqual(["nothing new", "paid"]);
    expect(await here.paymentStatuses(booking)).toEqual(["succeeded"]);
  });

  test("would give the money back beside the tickets, were the payment's row not locked", async () => {
    const booking = await here.book();
    const outcomes = await settleBoth(booking, withoutLock());
    expect(outcomes).toEqual(["paid", "paid_twice: refunding"]);
    expect(await here.statusOf(booking)).toBe("paid");
    expect(await here.paymentStatuses(booking)).not.toEqual(["succeeded"]);
  });
});

test("one provider cannot say that a payment at another one is paid", async () => {
  const booking = await here.book();
  const payment = await here.startPayment(booking);
  const fact = { ...succeeded(payment, "evt_of_another"), provider: "stripe" } as const;
  const settled = await inTransaction(here.shop.pool, (sql) => settleFact(here.till, sql, fact, undefined));
  expect(settled).toMatchObject({ status: "parked", outcome: "the payment is not ours" });
  expect(await here.statusOf(booking)).toBe("pending_payment");
});
