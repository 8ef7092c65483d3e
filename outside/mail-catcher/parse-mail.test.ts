import fc from "fast-check";
import { createTransport } from "nodemailer";
import { describe, expect, test } from "vitest";
import { parseMail } from "./parse-mail.ts";

const writer = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
const envelope = { from: "a@onsale.example", to: ["b@onsale.example"] };

async function roundTrip(mail: { subject: string; text: string; html?: string; messageId?: string }) {
  const written = await writer.sendMail({ ...mail, ...envelope });
  return parseMail((written.message as Buffer).toString("utf8"), envelope, new Date(0));
}

describe("what Onsale's mailer writes is read again", () => {
  test.each([
    ["plain", "Your tickets", "One line."],
    ["of other languages", "Ihre Karten für «Größe» – 東京 🎫", "Straße, naïve, 東京, 🎫🎫 = 2"],
    ["with long lines", "x ".repeat(120).trim(), `${"word ".repeat(200)}end`],
    ["with what quoted-printable must quote", "a=b?_c", "=3D stays =3D\n.\n..\n--\nFrom here"],
    ["of several paragraphs", "two", "first\n\nsecond\n   indented"],
  ])("%s", async (_what, subject, text) => {
    const read = await roundTrip({ subject, text, html: `<p>${text}</p>`, messageId: "<1@onsale>" });
    expect(read).toMatchObject({ subject, messageId: "<1@onsale>", receivedAt: "1970-01-01T00:00:00.000Z" });
    expect([read.text.trimEnd(), read.html.trimEnd()]).toEqual([text, `<p>${text}</p>`]);
  });

  test("whatever words stand in it", async () => {
    const word = fc.string({ unit: "grapheme", minLength: 1 }).map((text) => text.replace(/\s/g, ""));
    const words = fc.array(word, { minLength: 1, maxLength: 40 }).map((list) => list.join(" ").trim());
    await fc.assert(
      fc.asyncProperty(words, words, async (subject, text) => {
        const read = await roundTrip({ subject, text, html: "<p></p>" });
        expect([read.subject, read.text.trimEnd()]).toEqual([subject, text]);
      }),
      { numRuns: 200 },
    );
  });
});

test("a message without a body or a known type has no text, and does not fail", () => {
  expect(parseMail("Subject: x", envelope, new Date(0))).toMatchObject({ subject: "x", text: "" });
  expect(parseMail("Content-Type: image/png\r\n\r\nabc", envelope, new Date(0)).text).toBe("");
  expect(parseMail("", envelope, new Date(0))).toMatchObject({ subject: "", text: "", ...envelope });
});
