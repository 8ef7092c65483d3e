import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMailer, type Mailer } from "./mailer.ts";

const to = "ada.private@onsale.example";
const mail = { id: "1", to, subject: "s", text: "t", html: "h" };
let responseCode = 450;
let mailer: Mailer;

/** As mail servers do, it says whom it means. */
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ["AUTH", "STARTTLS"],
  onRcptTo: ({ address }, _, callback) => {
    callback(Object.assign(new Error(`<${address}>: not this one`), { responseCode }));
  },
});

beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.server.address() as AddressInfo;
  mailer = createMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, from: "a@onsale.example" });
});
afterAll(async () => {
  mailer.close();
  await new Promise<void>((resolve) => server.close(resolve));
});

test("what a mail server says of a recipient, and the log will have, does not name the address", async () => {
  responseCode = 450;
  const error = await mailer.send(mail).then(String, (thrown: Error) => `${thrown.message} ${thrown.stack}`);
  expect(error).toContain("not this one");
  expect(error).not.toContain(to);
  responseCode = 550;
  const refused = await mailer.send(mail);
  expect(refused).toEqual({ outcome: "refused", reason: "550 <the recipient>: not this one" });
});
