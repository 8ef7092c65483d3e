import { afterAll, beforeAll, expect, test } from "vitest";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Booking } from "../bookings/booking.ts";
import type { PaymentFact } from "../payments/payment.ts";
import { settleAlone } from "../payments/settle-alone.ts";
import { settleFact } from "../payments/settle-fact.ts";
import { openRefundTest, type RefundTest } from "./test-refunds.ts";

let here: RefundTest;
beforeAll(async () => {
  here = await openRefundTest();
});
afterAll(() => here.close());

/**
 * Somebody has a row that `work` will want and then wants one that `work` has. Who began to wait first looks first for a
 * circle, and is the one that Postgres ends.
 */
async function inACircle<Result>(
  booking: Booking,
  rows: "bookings" | "tickets",
  work: () => Promise<Result>,
): Promise<Result> {
  const key = rows === "bookings" ? "id" : "booking_id";
  let result: Promise<Result> | undefined;
  await inTransaction(here.shop.pool, async (sql) => {
    await sql.query(`select from ${rows} where ${key} = $1 for update`, [booking.id]);
    const pid = await sql.query<{ pid: number }>("select pg_backend_pid() as pid");
    result = work();
    result.catch(() => undefined);
    const waiting = "select from pg_stat_activity where $1 = any(pg_blocking_pids(pid))";
    const isWaiting = async () =>
      ((await here.shop.pool.query(waiting, [pid.rows[0]?.pid])).rowCount ?? 0) > 0;
    await waitFor(isWaiting, { what: "somebody who waits" });
    await sql.query("select from payments where booking_id = $1 for update", [booking.id]);
  });
  return result as Promise<Result>;
}

const deadlocks = async () => {
  const text = "select deadlocks from pg_stat_database where datname = current_database()";
  return (await here.shop.pool.query<{ deadlocks: bigint }>(text)).rows[0]?.deadlocks ?? 0n;
};

const oneDeadlockMore = (before: bigint) =>
  waitFor(async () => (await deadlocks()) > before, { what: "a deadlock that Postgres has counted" });

test("a refund that Postgres ends because of a circle is done all the same, once", async () => {
  const booking = await here.paid(1);
  const before = await deadlocks();
  const refunded = await inACircle(booking, "tickets", () => here.byBuyer(booking));
  expect(refunded).toMatchObject({ outcome: "refunded", fresh: true });
  await oneDeadlockMore(before);
  expect(await here.givenBack(booking)).toBe(4_500);
});

test("a payment that Postgres ends because of a circle is settled all the same, once", async () => {
  const booking = await here.book();
  const { id: paymentId, providerPaymentId, amount } = await here.startPayment(booking);
  const of = { provider: "sandbox", providerEventId: "evt_circle", kind: "payment_succeeded" } as const;
  const fact: PaymentFact = { ...of, providerPaymentId: providerPaymentId ?? "", paymentId, amount };
  const before = await deadlocks();
  const settled = await inACircle(booking, "bookings", () =>
    settleAlone(here.till, (sql, seats) => settleFact(here.till, sql, fact, seats)),
  );
  expect(settled).toMatchObject({ outcome: "paid" });
  await oneDeadlockMore(before);
  await here.expectCounts(booking, { tickets: 2, transfers: 1 });
});
