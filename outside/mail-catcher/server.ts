/**
 * A mail server that keeps what it gets and shows it: GET / for people, GET /messages?to=ADDRESS for programs. An address
 * like `refuse-550@…` makes it act up: see faults.ts.
 * Settings: MAIL_HOST, MAIL_SMTP_PORT, MAIL_HTTP_PORT, MAIL_DATA.
 */
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { answerTo } from "./answers.ts";
import { createFaults, type Fault } from "./faults.ts";
import { openMailbox } from "./mailbox.ts";
import { parseMail } from "./parse-mail.ts";

const host = process.env["MAIL_HOST"] ?? "127.0.0.1";
const httpPort = Number(setting("MAIL_HTTP_PORT"));
const mailBytesMost = 4 * 1024 * 1024;
const faults = createFaults();
/** Of the mail that a connection is about to send. */
const faultOf = new Map<string, Fault>();
const mailbox = openMailbox(setting("MAIL_DATA"));

const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ["AUTH", "STARTTLS"],
  size: mailBytesMost,
  maxClients: 100,
  onRcptTo: ({ address }, { id }, callback) => {
    const fault = faults.next(address);
    if (fault?.kind === "refuse")
      return callback(answer(fault.code, "not this recipient, as its address asks"));
    if (fault === undefined) faultOf.delete(id);
    else faultOf.set(id, fault);
    callback();
  },
  onClose: ({ id }) => void faultOf.delete(id),
  onData: (stream, session, callback) => {
    receive(stream, session).then(
      (said) => (said === "nothing" ? breakOff(session.id) : callback()),
      callback,
    );
  },
});
// Also a client that breaks off ends here: only a server that cannot listen is the end.
smtp.on("error", (error) => {
  if (!smtp.server.listening) fail(`The mail catcher cannot listen for SMTP: ${error.message}`);
  process.stderr.write(`mail catcher: ${error.message}\n`);
});

/** What the client hears of its message. */
async function receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<"yes" | "nothing"> {
  const chunks: Buffer[] = [];
  // A message that is too large is read to its end, as SMTP wants it, but not kept.
  for await (const chunk of stream as AsyncIterable<Buffer>) if (!stream.sizeExceeded) chunks.push(chunk);
  if (stream.sizeExceeded) throw answer(552, "The message is too large");
  const { envelope, id } = session;
  const fault = faultOf.get(id);
  if (fault?.kind === "reject") throw answer(fault.code, "not this message, as its recipient asks");
  const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
  const to = envelope.rcptTo.map((recipient) => recipient.address);
  const raw = Buffer.concat(chunks);
  mailbox.add(parseMail(raw.toString("utf8"), { from, to }, new Date()), raw);
  if (fault?.kind === "delay") await wait(fault.delayMs);
  return fault?.kind === "drop" ? "nothing" : "yes";
}

function breakOff(id: string): void {
  for (const connection of smtp.connections as Set<{ id: string; close(): void }>)
    if (connection.id === id) connection.close();
}

function answer(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

const http = createServer((request, response) => {
  const url = new URL(request.url ?? "/", `http://${host}`);
  if (request.method !== "GET") return void response.writeHead(405, { allow: "GET" }).end();
  const { status, headers, body } = answerTo(mailbox, url);
  response.writeHead(status, headers).end(body);
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
