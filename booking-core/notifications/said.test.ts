import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPaymentTest, type PaymentTest } from "../payments/test-payments.ts";
import { sendEmail } from "./send-email.ts";
import { paidBooking, queueOne, refundOf } from "./test-emails.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: false });
});
afterAll(() => here.close());

async function said(notificationId: string, address: string) {
  await sendEmail(here.till, { notificationId });
  const [mail] = await here.till.mailsTo(address);
  if (mail === undefined) throw new Error("no mail came");
  return mail;
}

test("tickets are told in the buyer's language, with seats, price, UTC and the way to them", async () => {
  for (const [language, words] of [
    ["en", ["Your tickets for", "row 1, seat", "Paid: €", "UTC", "Open your tickets:"]],
    ["de", ["Ihre Karten für", "Reihe 1, Platz", "Bezahlt: ", "UTC", "Karten öffnen:"]],
  ] as const) {
    const booking = await paidBooking(here, { language });
    const mail = await said(await queueOne(here, booking), booking.buyerEmail);
    const whole = `${mail.subject}\n${mail.text}`;
    for (const word of [...words, booking.id]) expect(whole).toContain(word);
    expect(mail.html).toContain(`<html lang="${language}">`);
    expect(mail.html).toContain(`/tickets/${booking.id}"`);
  }
});

test("a refund says which seats, how much, where it goes, what is kept and that the rest stays valid", async () => {
  const booking = await paidBooking(here, { quantity: 3 });
  const [first] = booking.seats;
  const price = Number(first?.price.amountMinor);
  const given = { reason: "buyer", positions: [first?.position ?? 0] } as const;
  const parts = { amountMinor: price - 700, walletMinor: 200 };
  const refundId = await refundOf(here, booking, { ...given, positions: [...given.positions], ...parts });
  const { text } = await said(await queueOne(here, booking, "refund", refundId), booking.buyerEmail);
  const euros = (minor: number) => `€${(minor / 100).toFixed(2)}`;
  expect(text).toContain(`${euros(parts.amountMinor)} goes back the way it came`);
  expect(text).toContain("€2.00 is in your wallet now");
  expect(text).toContain("€5.00 is kept");
  expect(text).toContain("Your other tickets stay valid");
  expect(text.match(/row \d+, seat \d+/g)).toHaveLength(1);
});

test.each([
  ["too_late", "could not be paid any more"],
  ["paid_twice", "had been paid already"],
  ["wrong_amount", "not of the amount"],
] as const)(
  "a payment that bought nothing (%s) is told as a whole, and nothing is kept",
  async (reason, words) => {
    const booking = await paidBooking(here);
    const amountMinor = Number(booking.total.amountMinor);
    const refundId = await refundOf(here, booking, { reason, positions: null, amountMinor, walletMinor: 0 });
    const { text } = await said(await queueOne(here, booking, "refund", refundId), booking.buyerEmail);
    expect(text).toContain(words);
    expect(text).toContain("goes back the way it came");
    expect(text).not.toMatch(/is kept|wallet|row|other tickets/);
  },
);

describe("what a payment that bought nothing leaves", () => {
  const paidTwice = { en: "of the first one stay valid", de: "von der ersten haben, gelten weiter" };
  const tooLate = { en: "welcome to book again", de: "noch einmal buchen" };

  /** Told after these statements about the booking, or about its event. */
  async function toldOf(
    reason: "paid_twice" | "too_late",
    language: "en" | "de",
    changes: readonly string[],
  ) {
    const booking = await paidBooking(here, { language });
    for (const text of changes)
      await here.shop.pool.query(text, [text.includes("events") ? booking.eventId : booking.id]);
    const amountMinor = Number(booking.total.amountMinor);
    const refundId = await refundOf(here, booking, { reason, positions: null, amountMinor, walletMinor: 0 });
    return said(await queueOne(here, booking, "refund", refundId), booking.buyerEmail);
  }
  const refundOne =
    "update tickets set status = 'refunded', refunded_at = now() where booking_id = $1 and position = 0";
  const refundAll = "update tickets set status = 'refunded', refunded_at = now() where booking_id = $1";
  const cancelEvent = "update events set status = 'cancelled' where id = $1";

  test.each(["en", "de"] as const)("is told where it is true (%s)", async (language) => {
    expect((await toldOf("paid_twice", language, [])).text).toContain(paidTwice[language]);
    expect((await toldOf("paid_twice", language, [refundOne])).text).toContain(paidTwice[language]);
    expect((await toldOf("too_late", language, [])).text).toContain(tooLate[language]);
  });

  test.each(["en", "de"] as const)(
    "is not told where tickets are void or the event is off (%s)",
    async (language) => {
      expect((await toldOf("paid_twice", language, [refundAll])).text).not.toMatch(/valid|gelten|tickets\//);
      expect((await toldOf("paid_twice", language, [cancelEvent])).text).not.toMatch(
        /valid|gelten|tickets\//,
      );
      expect((await toldOf("too_late", language, [cancelEvent])).text).not.toContain(tooLate[language]);
    },
  );

  test("tickets that were written while their event was cancelled are not sent", async () => {
    const booking = await paidBooking(here);
    await here.shop.pool.query(cancelEvent, [booking.eventId]);
    await sendEmail(here.till, { notificationId: await queueOne(here, booking) });
    expect(await here.till.mailsTo(booking.buyerEmail)).toEqual([]);
  });
});

test("a cancelled event is told with what comes back", async () => {
  const booking = await paidBooking(here, { language: "de" });
  const amountMinor = Number(booking.total.amountMinor);
  const positions = booking.seats.map(({ position }) => position);
  const given = { reason: "event_cancelled", positions, amountMinor, walletMinor: 0 } as const;
  const refundId = await refundOf(here, booking, given);
  const mail = await said(await queueOne(here, booking, "event_cancelled", refundId), booking.buyerEmail);
  expect(mail.subject).toBe("Night of the Tests findet nicht statt");
  expect(mail.text).toContain("gehen auf dem Weg zurück");
  expect(mail.attachments).toEqual([]);
});
