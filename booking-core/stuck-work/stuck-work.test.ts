import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RefundId } from "../../foundation/ids.ts";
import { deadLetterQueue } from "../../foundation/jobs/queues.ts";
import { createNotificationLog, type NotificationLog } from "../notifications/notification-log.ts";
import { sendEmail } from "../notifications/send-email.ts";
import { paidBooking, queueOne, refundOf } from "../notifications/test-emails.ts";
import { openPaymentTest, type PaymentTest } from "../payments/test-payments.ts";
import { createStuckWork, type StuckWork } from "./stuck-work.ts";

const actor = { id: null, email: "admin@onsale.example" };
let here: PaymentTest;
let stuck: StuckWork;
let log: NotificationLog;
let nowMs = 0;

beforeAll(async () => {
  here = await openPaymentTest({ work: false });
  stuck = createStuckWork({ ...here.till, clock: { now: () => Date.now() + nowMs } });
  log = createNotificationLog(here.till);
});
afterAll(() => here.close());

async function jobsOf(queue: string, id: string): Promise<number> {
  const text = "select from pgboss.job where name = $1 and strpos(data::text, $2) > 0 and state = 'created'";
  return (await here.shop.pool.query(text, [queue, id])).rowCount ?? 0;
}

async function audited(
  action: string,
): Promise<{ event_id: string | null; before: unknown; after: unknown }[]> {
  const text =
    "select event_id, before, after from audit_log where action = $1 and actor_email = $2 order by at";
  return (await here.shop.pool.query(text, [action, actor.email])).rows;
}

async function parkWebhook(): Promise<string> {
  const id = randomUUID();
  await here.shop.pool.query(
    `insert into webhook_inbox (id, provider, provider_event_id, body, status, settled_at, outcome)
     values ($1::uuid, 'sandbox', $1::text, '{}', 'parked', now(), 'parked: not ours')`,
    [id],
  );
  return id;
}

test("a parked message is replayed once, with its job, and it is written down", async () => {
  const id = await parkWebhook();
  expect((await stuck.parkedWebhooks({ limit: 10 })).items).toMatchObject([
    { id, provider: "sandbox", outcome: "parked: not ours", body: "{}" },
  ]);
  const outcomes = await Promise.all([1, 2, 3].map(() => stuck.replayWebhook(actor, id)));
  expect(outcomes.toSorted()).toEqual(["done", "not_stuck", "not_stuck"]);
  expect(await jobsOf("settle-webhook", id)).toBe(1);
  expect((await stuck.parkedWebhooks({ limit: 10 })).items).toEqual([]);
  const told = [{ event_id: null, before: { outcome: "parked: not ours" }, after: { webhookId: id } }];
  expect(await audited("webhook_replayed")).toEqual(told);
});

test("a parked refund is tried again once, with its job, and it is written down under its event", async () => {
  const booking = await paidBooking(here);
  const given = { reason: "organiser", positions: [0], amountMinor: 100, walletMinor: 0 } as const;
  const id = await refundOf(here, booking, { ...given, positions: [0] });
  await here.shop.pool.query(
    "update refunds set status = 'parked', done_at = null, problem = 'the provider refuses' where id = $1",
    [id],
  );
  const listed = await stuck.openRefunds({ status: "parked", limit: 10 });
  expect(listed.items).toMatchObject([{ id, bookingId: booking.id, problem: "the provider refuses" }]);
  expect(await stuck.retryRefund(actor, id)).toBe("done");
  expect(await stuck.retryRefund(actor, id)).toBe("not_stuck");
  expect(await jobsOf("refund-payment", id)).toBe(1);
  expect((await stuck.openRefunds({ status: "pending", limit: 10 })).items).toMatchObject([
    { id, problem: null },
  ]);
  expect(await audited("refund_retried")).toMatchObject([
    { event_id: booking.eventId, after: { refundId: id } },
  ]);
  expect(await stuck.retryRefund(actor, randomUUID() as RefundId)).toBe("not_stuck");
});

test("a dead letter is retried or dismissed, and what it was about stays written down", async () => {
  const ids = [randomUUID(), randomUUID()] as const;
  for (const id of ids)
    await here.shop.pool.query(
      "insert into pgboss.job (id, name, data, source_name, source_retry_count) values ($1, $2, $3, 'send-email', 4)",
      [id, deadLetterQueue, JSON.stringify({ notificationId: id })],
    );
  expect((await stuck.deadLetters({ limit: 10 })).items).toHaveLength(2);
  expect(await stuck.retryDeadLetter(actor, ids[0])).toBe("done");
  expect(await stuck.dismissDeadLetter(actor, ids[1])).toBe("done");
  expect(await stuck.dismissDeadLetter(actor, ids[1])).toBe("not_stuck");
  expect([await jobsOf("send-email", ids[0]), await jobsOf("send-email", ids[1])]).toEqual([1, 0]);
  const before = { queue: "send-email", data: { notificationId: ids[1] } };
  expect(await audited("dead_letter_dismissed")).toMatchObject([{ before }]);
});

test("an e-mail that failed is sent again when it is told to, for two more days", async () => {
  const booking = await paidBooking(here, { email: `refuse-550.times-1.${Date.now()}@onsale.example` });
  const notificationId = await queueOne(here, booking);
  expect(await log.resend(actor, notificationId)).toBe("not_stuck");
  await sendEmail(here.till, { notificationId });
  const failed = await log.list({ limit: 10, status: "failed" });
  expect(failed.items).toMatchObject([{ id: notificationId, attempts: 1, recipient: booking.buyerEmail }]);
  expect(await log.resend(actor, notificationId)).toBe("queued");
  expect(await log.resend(actor, randomUUID())).toBe("not_found");
  await sendEmail(here.till, { notificationId });
  const sent = await log.list({ limit: 10, recipient: booking.buyerEmail });
  expect(sent.items).toMatchObject([
    { status: "sent", attempts: 2, subject: "Your tickets for Night of the Tests" },
  ]);
  expect(await here.till.mailsTo(booking.buyerEmail)).toHaveLength(1);
  expect(await audited("email_resent")).toMatchObject([{ event_id: booking.eventId }]);
});

test("an e-mail that nobody will get is dismissed: it counts no more, and can still be sent again", async () => {
  const booking = await paidBooking(here, { email: `refuse-550.${Date.now()}@onsale.example` });
  const notificationId = await queueOne(here, booking);
  expect(await log.dismiss(actor, notificationId)).toBe("not_stuck");
  await sendEmail(here.till, { notificationId });
  nowMs += 15_000;
  const { failedEmails } = await stuck.counts();
  expect(await log.dismiss(actor, notificationId)).toBe("dismissed");
  expect(await log.dismiss(actor, notificationId)).toBe("not_stuck");
  expect(await log.dismiss(actor, randomUUID())).toBe("not_found");
  nowMs += 15_000;
  expect((await stuck.counts()).failedEmails).toBe(failedEmails - 1);
  const kept = await log.list({ limit: 10, status: "dismissed", bookingId: booking.id });
  expect(kept.items).toMatchObject([{ id: notificationId, lastError: expect.stringContaining("550") }]);
  expect(await audited("email_dismissed")).toMatchObject([{ event_id: booking.eventId }]);
  expect(await log.resend(actor, notificationId)).toBe("queued");
});

test("the log's pages follow each other, the newest first, each e-mail once", async () => {
  const booking = await paidBooking(here);
  for (const fact of ["one", "two", "three", "four", "five"])
    await here.shop.pool.query(
      `insert into notifications (id, booking_id, channel, template, fact, recipient, status, created_at)
       values ($1, $2, 'email', 'tickets', $3, 'a@b.example', 'queued', '2026-01-01T00:00:00.000001Z')`,
      [randomUUID(), booking.id, fact],
    );
  const seen: string[] = [];
  let page = await log.list({ limit: 2, bookingId: booking.id });
  seen.push(...page.items.map(({ id }) => id));
  while (page.next !== undefined) {
    page = await log.list({ limit: 2, bookingId: booking.id, after: page.next });
    seen.push(...page.items.map(({ id }) => id));
  }
  expect(seen).toHaveLength(5);
  expect(seen).toEqual([...new Set(seen)].toSorted().toReversed());
});

test("what waits for people is counted, and Postgres is asked for it at most every 15 s", async () => {
  const before = await stuck.counts();
  await parkWebhook();
  expect(await stuck.counts()).toEqual(before);
  nowMs += 15_000;
  expect(await stuck.counts()).toEqual({ ...before, parkedWebhooks: before.parkedWebhooks + 1 });
});
