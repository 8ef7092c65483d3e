import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../launch/free-ports.ts";
import { openPaymentTest, type PaymentTest } from "../payments/test-payments.ts";
import { createMailer } from "./mailer.ts";
import { queueEmails } from "./queue-email.ts";
import { sendEmail } from "./send-email.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: false });
});
afterAll(() => here.close());

/** An e-mail in the log, of an event with this title. */
async function queued(title = "Test event") {
  const booking = await here.book();
  await here.shop.pool.query("update events set title = $2 where id = $1", [booking.eventId, title]);
  const email = { bookingId: booking.id, template: "refund", fact: "a refund" } as const;
  await queueEmails(here.till, here.shop.pool, [email]);
  const found = await here.shop.pool.query<{ id: string }>(
    "select id from notifications where booking_id = $1",
    [booking.id],
  );
  return { booking, notificationId: found.rows[0]?.id ?? "" };
}

async function statusOf(notificationId: string): Promise<{ status: string; isDated: boolean }> {
  const found = await here.shop.pool.query(
    `select status, sent_at is not null as "isDated" from notifications where id = $1`,
    [notificationId],
  );
  return found.rows[0];
}

test("an e-mail of the log is sent once, however often its job runs", async () => {
  const { booking, notificationId } = await queued();
  await sendEmail(here.till, { notificationId });
  await sendEmail(here.till, { notificationId });
  expect(await here.till.mailsTo(booking.buyerEmail)).toHaveLength(1);
  expect(await statusOf(notificationId)).toEqual({ status: "sent", isDated: true });
});

test("an e-mail of one kind is written once for a booking", async () => {
  const { booking } = await queued();
  const email = { bookingId: booking.id, template: "refund", fact: "a refund" } as const;
  await queueEmails(here.till, here.shop.pool, [email]);
  await here.expectCounts(booking, { notifications: 1 });
});

test("a mail server that is away delays an e-mail and loses nothing", async () => {
  const { booking, notificationId } = await queued();
  const away = createMailer({ smtpUrl: `smtp://127.0.0.1:${await freePort()}`, from: "a@onsale.example" });
  await expect(sendEmail({ ...here.till, mailer: away }, { notificationId })).rejects.toThrow("ECONNREFUSED");
  away.close();
  expect(await statusOf(notificationId)).toEqual({ status: "queued", isDated: false });
  await sendEmail(here.till, { notificationId });
  expect(await here.till.mailsTo(booking.buyerEmail)).toHaveLength(1);
});

test("a title becomes neither a header nor markup of an e-mail", async () => {
  const { booking, notificationId } = await queued("<b>Loud</b>\r\nBcc: thief@onsale.example\r\n\r\nNight");
  await sendEmail(here.till, { notificationId });
  const [mail] = await here.till.mailsTo(booking.buyerEmail);
  expect(mail?.subject).toBe("Your payment for <b>Loud</b> Bcc: thief@onsale.example Night goes back to you");
  expect(mail?.html).toContain("&lt;b&gt;Loud&lt;/b&gt; Bcc: thief@onsale.example Night");
  expect(mail?.html).not.toContain("<b>");
  expect(await here.till.mailsTo("thief@onsale.example")).toEqual([]);
});
