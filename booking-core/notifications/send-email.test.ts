import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../launch/free-ports.ts";
import { openPaymentTest, type PaymentTest } from "../payments/test-payments.ts";
import { createMailer } from "./mailer.ts";
import { queueEmails } from "./queue-email.ts";
import { sendEmail } from "./send-email.ts";
import { logRow, paidBooking, queueOne } from "./test-emails.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: false });
});
afterAll(() => here.close());

async function jobsOf(notificationId: string): Promise<number> {
  const text = "select from pgboss.job where name = 'send-email' and data->>'notificationId' = $1";
  return (await here.shop.pool.query(text, [notificationId])).rowCount ?? 0;
}

test("an e-mail of the log is sent once with the tickets, however often its job runs", async () => {
  const booking = await paidBooking(here);
  const notificationId = await queueOne(here, booking);
  expect(await logRow(here, notificationId)).toMatchObject({ status: "queued", subject: null, attempts: 0 });
  await sendEmail(here.till, { notificationId });
  await sendEmail(here.till, { notificationId });
  const mails = await here.till.mailsTo(booking.buyerEmail);
  expect(mails).toMatchObject([
    {
      subject: "Your tickets for Night of the Tests",
      messageId: `<${notificationId}@onsale.example>`,
      attachments: [{ filename: "tickets.pdf", contentType: "application/pdf" }],
    },
  ]);
  const row = await logRow(here, notificationId);
  expect(row).toMatchObject({ status: "sent", subject: mails[0]?.subject, attempts: 1, last_error: null });
  expect(row?.sent_at).not.toBeNull();
  expect(row?.html?.trim()).toBe(mails[0]?.html.trim());
});

test("of one fact there is one e-mail and one job, however often and together with what it is queued", async () => {
  const [one, other] = [await paidBooking(here), await paidBooking(here)];
  const emailOf = ({ id }: typeof one) => ({ bookingId: id, template: "tickets", fact: "tickets" }) as const;
  const notificationId = await queueOne(here, one);
  await queueEmails(here.till, here.shop.pool, [emailOf(one), emailOf(other), emailOf(other)]);
  await here.expectCounts(one, { notifications: 1 });
  await here.expectCounts(other, { notifications: 1 });
  expect(await jobsOf(notificationId)).toBe(1);
});

test("an e-mail whose transaction is rolled back is neither in the log nor sent", async () => {
  const booking = await paidBooking(here);
  const connection = await here.shop.pool.connect();
  await connection.query("begin");
  await queueEmails(here.till, connection, [{ bookingId: booking.id, template: "tickets", fact: "tickets" }]);
  await connection.query("rollback");
  connection.release();
  await here.expectCounts(booking, { notifications: 0 });
});

test("a mail server that is away delays an e-mail and loses nothing", async () => {
  const booking = await paidBooking(here);
  const notificationId = await queueOne(here, booking);
  const away = createMailer({ smtpUrl: `smtp://127.0.0.1:${await freePort()}`, from: "a@onsale.example" });
  await expect(sendEmail({ ...here.till, mailer: away }, { notificationId })).rejects.toThrow("ECONNREFUSED");
  away.close();
  const row = await logRow(here, notificationId);
  expect(row).toMatchObject({ status: "queued", attempts: 1, sent_at: null });
  expect(row?.last_error).toContain("ECONNREFUSED");
  await sendEmail(here.till, { notificationId });
  expect(await here.till.mailsTo(booking.buyerEmail)).toHaveLength(1);
  expect(await logRow(here, notificationId)).toMatchObject({ status: "sent", attempts: 2, last_error: null });
});

test("a mail server that is away for two days is given up, and the log says why", async () => {
  const booking = await paidBooking(here);
  const notificationId = await queueOne(here, booking);
  await here.shop.pool.query("update notifications set give_up_at = now() where id = $1", [notificationId]);
  const away = createMailer({ smtpUrl: `smtp://127.0.0.1:${await freePort()}`, from: "a@onsale.example" });
  await sendEmail({ ...here.till, mailer: away }, { notificationId });
  away.close();
  expect(await logRow(here, notificationId)).toMatchObject({ status: "failed", attempts: 1 });
});

test.each([
  ["refuse-450.times-1", "RCPT TO"],
  ["reject-451.times-1", "DATA"],
])("what the mail server refuses for now (%s) comes another time", async (local) => {
  const booking = await paidBooking(here, { email: `${local}.${Date.now()}@onsale.example` });
  const notificationId = await queueOne(here, booking);
  await expect(sendEmail(here.till, { notificationId })).rejects.toThrow(/45[01]/);
  expect(await logRow(here, notificationId)).toMatchObject({ status: "queued" });
  await sendEmail(here.till, { notificationId });
  expect(await here.till.mailsTo(booking.buyerEmail)).toHaveLength(1);
  expect(await logRow(here, notificationId)).toMatchObject({ status: "sent", attempts: 2 });
});

test.each(["refuse-550", "reject-554"])(
  "what is refused for good (%s) fails at once with the reason",
  async (local) => {
    const booking = await paidBooking(here, { email: `${local}.${Date.now()}@onsale.example` });
    const notificationId = await queueOne(here, booking);
    await sendEmail(here.till, { notificationId });
    const row = await logRow(here, notificationId);
    expect(row).toMatchObject({ status: "failed", attempts: 1, sent_at: null });
    expect(row?.last_error).toMatch(/^55[04] not this/);
    await sendEmail(here.till, { notificationId });
    expect(await logRow(here, notificationId)).toEqual(row);
  },
);

test("a connection that breaks before the yes sends the e-mail again, under the same message id", async () => {
  const booking = await paidBooking(here, { email: `drop.times-1.${Date.now()}@onsale.example` });
  const notificationId = await queueOne(here, booking);
  await expect(sendEmail(here.till, { notificationId })).rejects.toThrow();
  await sendEmail(here.till, { notificationId });
  const mails = await here.till.mailsTo(booking.buyerEmail);
  expect(mails).toHaveLength(2);
  expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(1);
  expect(await logRow(here, notificationId)).toMatchObject({ status: "sent", attempts: 2 });
});

test("two workers never send one e-mail at the same time", async () => {
  const booking = await paidBooking(here, { email: `delay-1000.${Date.now()}@onsale.example` });
  const notificationId = await queueOne(here, booking);
  const tries = await Promise.allSettled(
    Array.from({ length: 6 }, () => sendEmail(here.till, { notificationId })),
  );
  const busy = tries.filter(({ status }) => status === "rejected");
  for (const one of busy) expect(String((one as PromiseRejectedResult).reason)).toContain("another worker");
  expect(busy).toHaveLength(5);
  expect(await here.till.mailsTo(booking.buyerEmail)).toHaveLength(1);
});

test("an e-mail whose worker died is another's once the claim has ended", async () => {
  const booking = await paidBooking(here);
  const notificationId = await queueOne(here, booking);
  const claim = "update notifications set claimed_until = now() + $2 * interval '1 s' where id = $1";
  await here.shop.pool.query(claim, [notificationId, 60]);
  await expect(sendEmail(here.till, { notificationId })).rejects.toThrow("another worker");
  await here.shop.pool.query(claim, [notificationId, 0]);
  await sendEmail(here.till, { notificationId });
  expect(await here.till.mailsTo(booking.buyerEmail)).toHaveLength(1);
});

test("tickets that were given back before they could be sent are not sent", async () => {
  const booking = await paidBooking(here);
  const notificationId = await queueOne(here, booking);
  await here.shop.pool.query(
    "update tickets set status = 'refunded', refunded_at = now() where booking_id = $1",
    [booking.id],
  );
  await sendEmail(here.till, { notificationId });
  expect(await logRow(here, notificationId)).toMatchObject({
    status: "dismissed",
    last_error: "No ticket of the booking is valid any more.",
  });
  expect(await here.till.mailsTo(booking.buyerEmail)).toEqual([]);
});
