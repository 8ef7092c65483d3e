import { createTransport } from "nodemailer";
import { expect, test } from "vitest";
import { ConfigError, loadConfig } from "../foundation/config.ts";
import { startChild } from "../test/harness/child.ts";
import { refuseWrongSender } from "./mail-sender.ts";

test.each([
  "nobody",
  "Onsale",
  "Onsale <>",
  "Onsale <nobody>",
  "tickets@localhost",
  "Onsale tickets@onsale.example",
  "a@onsale.example, b@onsale.example",
  "Onsale, b <a@onsale.example>",
  "Onsale <a@onsale.example> <b@onsale.example>",
  '"Onsale" b@onsale.example <a@onsale.example>',
  '"Onsale\\" <a@onsale.example>',
  "Onsale\r\nBcc: b@onsale.example <a@onsale.example>",
  "Onsale\n<a@onsale.example>",
  "Onsale\u2028<a@onsale.example>",
  "Onsale <a@onsale.example\n>",
  "Onsale <größe@onsale.example>",
])("%j is no sender: the start is refused with a sentence that names MAIL_FROM", (sender) => {
  expect(() => refuseWrongSender({ MAIL_FROM: sender })).toThrow(ConfigError);
  expect(() => refuseWrongSender({ MAIL_FROM: sender })).toThrow(/^The environment variable MAIL_FROM /);
});

test.each([
  [loadConfig({}).MAIL_FROM, "tickets@onsale.example"],
  ["tickets@onsale.example", "tickets@onsale.example"],
  ["<tickets@onsale.example>", "tickets@onsale.example"],
  ["Größe & Söhne <tickets@onsale.example>", "tickets@onsale.example"],
  ['"Onsale, Inc. (Bern)" <Tickets@onsale.example>', "Tickets@onsale.example"],
  ["Onsale <tickets@bücher.example>", "tickets@xn--bcher-kva.example"],
])("%j is a sender, and what sends the mail reads the same address in it", async (from, address) => {
  refuseWrongSender({ MAIL_FROM: from });
  const { envelope } = await createTransport({ jsonTransport: true }).sendMail({ from, to: "a@b.example" });
  expect(envelope.from).toBe(address);
});

test("a server does not start with a sender that is none", async () => {
  await expect(startChild("app/server.ts", { MAIL_FROM: "nobody" })).rejects.toThrow(
    "The environment variable MAIL_FROM is not usable",
  );
});
