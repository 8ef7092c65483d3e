import { expect, test } from "vitest";
import { cancelEvent } from "../booking-core/refunds/cancel-event.ts";
import { findCancellation } from "../booking-core/refunds/cancellation.ts";
import { openRefundTest, type RefundTest } from "../booking-core/refunds/test-refunds.ts";
import { decide } from "./harness/money.ts";
import { best, bookNow, bookRequest, rowsOf } from "./harness/shop.ts";
import { waitFor } from "./harness/wait-for.ts";
import { startWorker } from "./harness/worker.ts";

const bookings = 300;
const paidAtOnce = 10;
const patience = { withinMs: 60_000 };

test("a worker that is killed in the middle of a cancellation leaves the rest to the next one, and each buyer is refunded once", async () => {
  const here = await openRefundTest({ work: false });
  const first = await startWorker(here.shop, here.till);
  const event = await here.openPolicyEvent(null, { sections: [rowsOf(...Array(20).fill(20))] });
  await sell(here, event);
  const gate = await holdUpLast(here);
  await cancelEvent(here.till, { id: null, email: "organiser@onsale.example" }, event.id);
  const progress = async () => findCancellation(here.shop.pool, event.id);
  const doneSoFar = async () =>
    (await here.shop.pool.query("select from refunds where status = 'done'")).rowCount ?? 0;
  await waitFor(async () => (await progress())?.refunded === 200 && (await doneSoFar()) > 20, {
    ...{ what: "the middle of the cancellation", ...patience },
  });
  await first.kill("SIGKILL");
  await gate();
  expect((await progress())?.finishedAtMs).toBeNull();

  const next = await startWorker(here.shop, here.till);
  await waitFor(async () => (await progress())?.finishedAtMs !== null && (await doneSoFar()) === bookings, {
    ...{ what: "everybody refunded by the next worker", ...patience },
  });
  expect(await progress()).toMatchObject({ bookings, refunded: bookings, pending: 0, parked: 0 });
  await expectSameBooks(here);
  await next.stop();
  await here.close();
}, 180_000);

async function sell(
  here: RefundTest,
  event: Awaited<ReturnType<RefundTest["openPolicyEvent"]>>,
): Promise<void> {
  let left = bookings;
  const buy = async () => {
    while (left > 0) {
      left -= 1;
      const booking = await bookNow(here.shop, bookRequest(event, best(1)));
      await decide((await here.startPayment(booking)).payUrl, "approve");
    }
  };
  await Promise.all(Array.from({ length: paidAtOnce }, buy));
  const paid = async () =>
    (await here.shop.pool.query("select from bookings where status = 'paid'")).rowCount;
  await waitFor(async () => (await paid()) === bookings, { what: "all paid", ...patience });
}

/** The last booking is in the second of two batches, which therefore waits until it is let go. */
async function holdUpLast({ shop }: RefundTest): Promise<() => Promise<void>> {
  const gate = await shop.pool.connect();
  await gate.query("begin");
  await gate.query("select from bookings order by id desc limit 1 for update");
  return async () => {
    await gate.query("rollback");
    gate.release();
  };
}

/** To the cent, and payment by payment. */
async function expectSameBooks(here: RefundTest): Promise<void> {
  const theirs = await here.till.books();
  expect(theirs.payments.map(({ refundedMinor }) => refundedMinor)).toEqual(Array(bookings).fill(4_500));
  expect(theirs.refunds).toHaveLength(bookings);
  const ours = await here.shop.pool.query<{ bookings: bigint; minor: bigint }>(
    "select count(distinct booking_id) as bookings, sum(amount_minor)::bigint as minor from refunds where status = 'done'",
  );
  const refundedMinor = theirs.refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  expect(ours.rows).toEqual([{ bookings: BigInt(bookings), minor: BigInt(refundedMinor) }]);
  for (const kind of ["provider_clearing", "buyer_refunds", "organiser_payable"])
    expect(await here.balanceOf(kind)).toBe(0n);
}
