/** Walks the whole path of a buyer against a running server and prints each step with its time. */
import { randomUUID } from "node:crypto";
import { Command } from "commander";
import { formatMoney } from "../foundation/money.ts";
import { type BookingAnswer, createApiClient, type EventAnswer, type RoomMessage } from "./api-client.ts";

type Options = { url: string; event?: string; section?: string; quantity: number; mail?: string };

const options = new Command("npm run buy --")
  .description("Buys tickets like a buyer: room, turn, seats, booking, payment, tickets.")
  .option("--url <address>", "the gateway", "http://127.0.0.1:8080")
  .option("--event <id>", "the event (the first one otherwise)")
  .option("--section <name>", "the section's name (the first with enough free seats otherwise)")
  .option("--quantity <count>", "how many tickets", Number, 2)
  .option("--mail <address>", "the mail catcher (the gateway's port + 2 otherwise)")
  .parse()
  .opts<Options>();

const api = createApiClient(options.url);
const waitMs = 120_000;

try {
  await buy();
} catch (error) {
  const { message, cause } = error as Error;
  process.stderr.write(`\nIt ended here: ${message}${cause instanceof Error ? ` (${cause.message})` : ""}\n`);
  process.exitCode = 1;
}

async function buy(): Promise<void> {
  const email = `buyer-${randomUUID().slice(0, 8)}@onsale.example`;
  const event = await step("event", findEvent, (found) => found.title);
  const { token } = await step(
    "session",
    () => api.openSession(email),
    () => `guest ${email}`,
  );
  const room = await step(
    "room socket",
    async () => {
      await api.join(event.id, token);
      return api.openRoom(event.id, token);
    },
    () => "joined and listening",
  );
  await step(
    "turn",
    () => room.wait(isTurn, waitMs),
    () => "it is our turn",
  );
  const { pass } = await step(
    "pass",
    () => api.takeTurn(event.id, token),
    () => "inside",
  );
  const section = await step(
    "seats",
    () => findSection(event),
    (found) => `${found.name}, ${found.free} free`,
  );
  const wishes = [{ mode: "best-available", sectionId: section.id, quantity: options.quantity }];
  const who = { token, pass, key: randomUUID() };
  const booking = await step("booking", () => api.book(event.id, { wishes }, who), describe);
  const payment = await step(
    "payment",
    () => api.pay(booking.id, token, randomUUID()),
    (started) => started.payUrl,
  );
  await step(
    "approval",
    () => approve(payment.payUrl),
    () => "approved at the provider",
  );
  await step(
    "paid",
    () => room.wait((message) => message.bookingId === booking.id && message.status === "paid", waitMs),
    () => "heard on the socket",
  );
  room.close();
  const paid = await step(
    "tickets",
    () => api.booking(booking.id, token),
    (found) => `${found.seats.length} issued`,
  );
  await step(
    "leave",
    () => api.leave(event.id, token),
    () => "the slot goes to the next buyer",
  );
  await step(
    "e-mail",
    () => waitForMail(email),
    (mail) => mail,
  );
  for (const { ticketId } of paid.seats) {
    const ticket = await api.ticket(ticketId ?? "", token);
    const place =
      ticket.row === null
        ? ticket.section.name
        : `${ticket.section.name}, row ${ticket.row}, seat ${ticket.seat}`;
    process.stdout.write(`ticket ${ticket.id}  ${ticket.status}  ${place}\n`);
  }
}

function isTurn({ type, outcome }: RoomMessage): boolean {
  return type === "turn" || (type === "standing" && outcome === "turn");
}

async function findEvent(): Promise<EventAnswer> {
  const id = options.event ?? (await api.events()).events[0]?.id;
  if (id === undefined) throw new Error("there is no event; start with the demo: npm start");
  return api.event(id);
}

async function findSection(event: EventAnswer) {
  const candidates = event.sections.filter(
    (section) => options.section === undefined || section.name === options.section,
  );
  for (const section of candidates) {
    const { free } = await api.seats(event.id, section.id);
    if (free >= options.quantity) return { ...section, free };
  }
  const names = event.sections.map((section) => section.name).join(", ");
  throw new Error(`no section has ${options.quantity} free seats (there are: ${names})`);
}

function describe(booking: BookingAnswer): string {
  const total = formatMoney({
    amountMinor: BigInt(booking.total.amountMinor),
    currency: booking.total.currency,
  });
  const seats = booking.seats.map(({ row, seat }) => (row === null ? "a place" : `${row}${seat}`)).join(" ");
  return `${seats}, ${total}, to be paid until ${booking.deadline}`;
}

/** What the buyer does at the provider's page: press its button. */
async function approve(payUrl: string): Promise<void> {
  const answer = await fetch(`${payUrl}/approve`, { method: "POST", redirect: "manual" });
  if (answer.status !== 303) throw new Error(`the payment page answered ${answer.status}`);
}

async function waitForMail(email: string): Promise<string> {
  const url = `${options.mail ?? mailCatcherOf(options.url)}/messages?to=${encodeURIComponent(email)}`;
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) {
    const mails = (await (await fetch(url)).json()) as { subject: string }[];
    if (mails[0] !== undefined) return mails[0].subject;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no e-mail came to ${email}`);
}

/** Where `npm start` puts it. */
function mailCatcherOf(gateway: string): string {
  const url = new URL(gateway);
  return `http://${url.hostname}:${Number(url.port) + 2}`;
}

async function step<Result>(
  name: string,
  work: () => Promise<Result>,
  tell: (result: Result) => string,
): Promise<Result> {
  const startedAt = performance.now();
  const result = await work();
  const ms = (performance.now() - startedAt).toFixed(0);
  process.stdout.write(`${name.padEnd(12)} ${ms.padStart(6)} ms  ${tell(result)}\n`);
  return result;
}
