/**
 * A mail server that keeps what it gets and shows it: GET / for people, GET /messages?to=ADDRESS for programs.
 * Settings: MAIL_HOST, MAIL_SMTP_PORT, MAIL_HTTP_PORT, MAIL_DATA.
 */
import { createServer } from "node:http";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { openMailbox } from "./mailbox.ts";
import { mailPage } from "./page.ts";
import { parseMail } from "./parse-mail.ts";

const host = process.env["MAIL_HOST"] ?? "127.0.0.1";
const httpPort = Number(setting("MAIL_HTTP_PORT"));
const mailBytesMost = 1024 * 1024;
const mailbox = openMailbox(setting("MAIL_DATA"));

const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ["AUTH", "STARTTLS"],
  size: mailBytesMost,
  maxClients: 100,
  onData: (stream, session, callback) => {
    receive(stream, session).then(() => callback(), callback);
  },
});
// Also a client that breaks off ends here: only a server that cannot listen is the end.
smtp.on("error", (error) => {
  if (!smtp.server.listening) fail(`The mail catcher cannot listen for SMTP: ${error.message}`);
  process.stderr.write(`mail catcher: ${error.message}\n`);
});

async function receive(stream: SMTPServerDataStream, { envelope }: SMTPServerSession): Promise<void> {
  const chunks: Buffer[] = [];
  // A message that is too large is read to its end, as SMTP wants it, but not kept.
  for await (const chunk of stream as AsyncIterable<Buffer>) if (!stream.sizeExceeded) chunks.push(chunk);
  if (stream.sizeExceeded) throw Object.assign(new Error("The message is too large"), { responseCode: 552 });
  const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
  const to = envelope.rcptTo.map((recipient) => recipient.address);
  mailbox.add(parseMail(Buffer.concat(chunks).toString("utf8"), { from, to }, new Date()));
}

const http = createServer((request, response) => {
  const url = new URL(request.url ?? "/", `http://${host}`);
  if (request.method !== "GET") return void response.writeHead(405, { allow: "GET" }).end();
  const to = url.searchParams.get("to");
  const found = mailbox.mails.filter((mail) => to === null || mail.to.includes(to));
  if (url.pathname === "/messages")
    return void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(found));
  if (url.pathname !== "/") return void response.writeHead(404).end();
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  };
  response.writeHead(200, headers).end(mailPage(found));
});
http.on("error", (error) => fail(`The mail catcher cannot listen: ${error.message}`));

smtp.listen(Number(setting("MAIL_SMTP_PORT")), host, () => {
  http.listen(httpPort, host, () => process.send?.({ type: "ready", url: `http://${host}:${httpPort}` }));
});

for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit());
process.on("disconnect", () => process.exit());

function setting(name: string): string {
  const value = process.env[name];
  return value !== undefined && value !== "" ? value : fail(`The mail catcher needs ${name}.`);
}

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
