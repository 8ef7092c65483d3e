import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPaymentTest, type PaymentTest } from "../payments/test-payments.ts";
import { sendEmail } from "./send-email.ts";
import { paidBooking, queueOne } from "./test-emails.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: false });
});
afterAll(() => here.close());

const expected = [
  "auto-submitted",
  "content-type",
  "date",
  "from",
  "message-id",
  "mime-version",
  "subject",
  "to",
];

/** Folded lines belong to the header before them. */
function headerNames(raw: string): string[] {
  const head = raw.slice(0, raw.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
  return head.split("\r\n").map((line) => line.slice(0, line.indexOf(":")).toLowerCase());
}

async function rawOf(title: string) {
  const booking = await paidBooking(here, { title });
  await sendEmail(here.till, { notificationId: await queueOne(here, booking) });
  const mails = await here.till.mailsTo(booking.buyerEmail);
  expect(mails).toHaveLength(1);
  const [mail] = mails;
  if (mail === undefined) throw new Error("no mail came");
  return { mail, raw: await here.till.rawMail(mail) };
}

test("a title becomes neither a header nor markup of an e-mail", async () => {
  const { mail, raw } = await rawOf("<b>Loud</b>\r\nBcc: thief@onsale.example\r\n\r\nNight");
  expect(mail.subject).toBe("Your tickets for <b>Loud</b> Bcc: thief@onsale.example Night");
  expect(mail.html).toContain("&lt;b&gt;Loud&lt;/b&gt; Bcc: thief@onsale.example Night");
  expect(mail.html).not.toContain("<b>");
  expect(headerNames(raw).toSorted()).toEqual(expected);
  expect(await here.till.mailsTo("thief@onsale.example")).toEqual([]);
});

const piece = fc.constantFrom(
  ...[
    "\r\n",
    "\n",
    "\r",
    "\u2028",
    "\u0085",
    "\t",
    "Bcc: x@onsale.example",
    "Subject: y",
    "=?utf-8?q?=0D=0ABcc:?=",
  ],
  ...["\r\n\r\n", "--", "<script>", '" onload="', "ß", "🎫", "\u202e", ": ", ";", "a"],
);

test("no title whatever adds a header, a recipient or markup", async () => {
  const titles = fc.array(piece, { minLength: 1, maxLength: 12 }).map((parts) => `T${parts.join("")}`);
  await fc.assert(
    fc.asyncProperty(titles, async (title) => {
      const { mail, raw } = await rawOf(title);
      expect(headerNames(raw).toSorted()).toEqual(expected);
      expect(mail.subject).not.toMatch(/[\r\n\u2028\u0085\u202e]/);
      expect(mail.html).not.toMatch(/<script>|" onload/);
      expect(raw.slice(0, raw.indexOf("\r\n\r\n"))).not.toMatch(/[^\r]\n|\r[^\n]/);
    }),
    { numRuns: 25, examples: [["T\r\n=?utf-8?q?=0D=0ABcc:?=\r\n"]] },
  );
  expect(await here.till.mailsTo("x@onsale.example")).toEqual([]);
});
