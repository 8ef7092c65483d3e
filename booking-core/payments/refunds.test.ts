import { afterAll, beforeAll, expect, test } from "vitest";
import { decide } from "../../test/harness/money.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import { refundPayment } from "../refunds/refund-payments.ts";
import { openPaymentTest, type PaymentTest } from "./test-payments.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: true });
});
afterAll(() => here.close());

test("money for a booking whose seats are another's by now goes back once, with an e-mail that says so", async () => {
  const booking = await here.book({ paymentWindowMs: 1_000 });
  const payment = await here.startPayment(booking);
  await here.becomes(booking, "expired");
  await here.sellAgain(booking);
  await decide(payment.payUrl, "approve", { copies: 3 });
  await here.refundDone(payment);
  await here.allSettled();
  expect(await here.statusOf(booking)).toBe("expired");
  await here.expectCounts(booking, { tickets: 0, transfers: 2, notifications: 1 });
  const { refunds } = await here.till.books();
  const theirs = refunds.filter(({ paymentId }) => paymentId === payment.providerPaymentId);
  expect(theirs).toMatchObject([{ amountMinor: 9_000 }]);
  const mail = await waitFor(async () => (await here.till.mailsTo(booking.buyerEmail))[0], {
    what: "the e-mail",
  });
  expect(mail.subject).toContain("goes back to you");
});

test("money of a second payment for one booking goes back, and the tickets stay", async () => {
  const booking = await here.book();
  const [first, second] = [await here.startPayment(booking), await here.startPayment(booking)];
  await Promise.all([decide(first.payUrl, "approve"), decide(second.payUrl, "approve")]);
  const { id } = await here.problemPayment(booking, "paid_twice");
  await here.refundDone({ id });
  expect(await here.statusOf(booking)).toBe("paid");
  await here.expectCounts(booking, { tickets: 2, transfers: 3 });
});

test("each payment that goes back is told in an e-mail of its own", async () => {
  const booking = await here.book();
  const payments = [
    await here.startPayment(booking),
    await here.startPayment(booking),
    await here.startPayment(booking),
  ];
  for (const payment of payments) await decide(payment.payUrl, "approve");
  await waitFor(async () => (await here.till.mailsTo(booking.buyerEmail)).length === 3, {
    what: "three e-mails",
  });
  const subjects = (await here.till.mailsTo(booking.buyerEmail)).map((mail) => mail.subject);
  expect(subjects.filter((subject) => subject.includes("goes back to you"))).toHaveLength(2);
});

test("a refund whose answer is lost is the same refund when it is asked for again", async () => {
  const booking = await here.book({ paymentWindowMs: 1_000 });
  const payment = await here.startPayment(booking);
  const { refund } = here.till.provider;
  let asked = 0;
  here.till.provider.refund = async (wanted) => {
    const outcome = await refund(wanted);
    asked += 1;
    if (asked === 1) throw new Error("the answer is lost");
    return outcome;
  };
  await here.becomes(booking, "expired");
  await here.sellAgain(booking);
  await decide(payment.payUrl, "approve");
  const refundId = await here.refundDone(payment);
  here.till.provider.refund = refund;
  await refundPayment(here.till, { refundId });
  await here.expectCounts(booking, { transfers: 2, notifications: 1 });
  const { refunds } = await here.till.books();
  expect(refunds.filter(({ paymentId }) => paymentId === payment.providerPaymentId)).toHaveLength(1);
});
