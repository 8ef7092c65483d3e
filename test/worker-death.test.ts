import type { PoolClient } from "pg";
import { expect, test } from "vitest";
import { settleWebhook } from "../booking-core/payments/settle-webhook.ts";
import { openPaymentTest, type PaymentTest } from "../booking-core/payments/test-payments.ts";
import { decide } from "./harness/money.ts";
import { waitFor } from "./harness/wait-for.ts";
import { startWorker } from "./harness/worker.ts";

/** Invariant 7 gives a minute; a worker's death is noticed by its silence, and the rest is spare. */
const healedWithinMs = 45_000;

test("a worker that is killed while it settles, refunds and mails leaves each to the next one, and each happens once", async () => {
  const here = await openPaymentTest({ work: false });
  const [paying, late, mailed] = [await here.book(), await here.book(), await here.book()];
  const [payingNow, paidLate, paid] = [
    await here.startPayment(paying),
    await here.startPayment(late),
    await here.startPayment(mailed),
  ];
  // By hand, so that only what follows is left to the worker: a refund, and an e-mail.
  await here.shop.pool.query("update bookings set status = 'failed', ended_at = now() where id = $1", [
    late.id,
  ]);
  await decide(paidLate.payUrl, "approve");
  await decide(paid.payUrl, "approve");
  await settleStored(here, 2);
  await decide(payingNow.payUrl, "approve");

  const gate = await here.shop.pool.connect();
  await holdUp(gate, late.id, mailed.id);
  const first = await startWorker(here.shop, here.till);
  await waitFor(async () => (await waitingForLocks(here)) === 3, {
    what: "the worker in the middle of all",
    withinMs: 30_000,
  });
  await first.kill("SIGKILL");
  await gate.query("rollback");
  gate.release();
  expect(await here.statusOf(paying)).toBe("pending_payment");
  expect((await here.till.books()).refunds).toHaveLength(1);

  const next = await startWorker(here.shop, here.till);
  await waitFor(
    async () => {
      const open = await here.shop.pool.query(
        `select from payments where status = 'pending' union all select from refunds where status = 'pending'
          union all select from notifications where status = 'queued'`,
      );
      return open.rowCount === 0;
    },
    { what: "everything done by the next worker", withinMs: healedWithinMs },
  );
  expect(await here.statusOf(paying)).toBe("paid");
  await here.expectCounts(paying, { tickets: 2, transfers: 1, notifications: 1 });
  expect(await here.paymentStatuses(late)).toEqual(["refunded"]);
  await here.expectCounts(late, { tickets: 0, transfers: 2, notifications: 1 });
  expect((await here.till.books()).refunds).toHaveLength(1);
  // Each step of an e-mail has its own death in email-death.test.ts; here it stood before the first.
  const mails = await here.till.mailsTo(mailed.buyerEmail);
  expect(mails).toHaveLength(1);
  await next.stop();
  await here.close();
}, 120_000);

async function settleStored(here: PaymentTest, count: number): Promise<void> {
  const stored = await waitFor(
    async () => {
      const found = await here.shop.pool.query<{ id: string }>("select id from webhook_inbox");
      return found.rowCount === count && found.rows;
    },
    { what: `${count} stored messages` },
  );
  for (const { id } of stored) await settleWebhook(here.till, { inboxId: id });
}

/** Each job is held up in the middle: at the tickets, at the refund's end, at the claim of an e-mail. */
async function holdUp(gate: PoolClient, lateId: string, mailedId: string): Promise<void> {
  await gate.query("begin");
  await gate.query("lock table tickets in share row exclusive mode");
  await gate.query("select from payments where booking_id = $1 for update", [lateId]);
  await gate.query("select from notifications where booking_id = $1 for update", [mailedId]);
}

async function waitingForLocks({ shop }: PaymentTest): Promise<number | null> {
  const waiting = await shop.pool.query(
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return waiting.rowCount;
}
