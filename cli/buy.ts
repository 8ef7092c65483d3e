/** Walks the whole path of a buyer against a running server and prints each step with its time. */
import { randomUUID } from "node:crypto";
import { Command, InvalidArgumentError } from "commander";
import { formatMoney } from "../foundation/money.ts";
import {
  type BookingAnswer,
  createApiClient,
  type EventAnswer,
  type Room,
  type RoomMessage,
} from "./api-client.ts";
import { toleratesDeafReaders } from "./quiet-output.ts";
import { runningGateway } from "./running-config.ts";

type Options = {
  url?: string;
  data: string;
  event?: string;
  section?: string;
  quantity: number;
  mail?: string;
};

const options = new Command("npm run buy --")
  .description("Buys tickets like a buyer: room, turn, seats, booking, payment, tickets.")
  .option("--url <address>", "the gateway (the one that `npm start` runs otherwise)")
  .option("--data <folder>", "where `npm start` keeps its data", ".onsale")
  .option("--event <id>", "the event (the first one otherwise)")
  .option("--section <name>", "the section's name (the first with enough free seats otherwise)")
  .option("--quantity <count>", "how many tickets", readQuantity, 2)
  .option("--mail <address>", "the mail catcher (the gateway's port + 2 otherwise)")
  .parse()
  .opts<Options>();

const gateway = options.url ?? runningGateway(options.data);
toleratesDeafReaders(process.stdout);
const api = createApiClient(gateway);
const waitMs = 120_000;

try {
  await buy();
} catch (error) {
  const { message, cause } = error as Error;
  // Of what `fetch` says the reason alone is of use, and it has one where nobody answered.
  const reason =
    cause instanceof Error
      ? `${gateway} gave no answer (${cause.message}). Start it with npm start, or name another with --url.`
      : message;
  process.stderr.write(`\nIt ended here: ${reason}\n`);
  process.exitCode = 1;
}

function readQuantity(text: string): number {
  const quantity = Number(text);
  if (Number.isInteger(quantity) && quantity >= 1) return quantity;
  throw new InvalidArgumentError("It is a whole number, 1 or more.");
}

async function buy(): Promise<void> {
  const email = `buyer-${randomUUID().slice(0, 8)}@onsale.example`;
  const event = await step("event", findEvent, (found) => found.title);
  const sections = sectionsOf(event);
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
  try {
    await buyInside({ event, sections, room, token, email });
  } finally {
    // A socket that is open keeps the process.
    room.close();
  }
}

type Inside = {
  readonly event: EventAnswer;
  readonly sections: EventAnswer["sections"];
  readonly room: Room;
  readonly token: string;
  readonly email: string;
};

async function buyInside({ event, sections, room, token, email }: Inside): Promise<void> {
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
    () => findSection(event, sections),
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

/** Those that may be bought of: a name that is wrong is told before anybody waits for a turn. */
function sectionsOf({ title, sections }: EventAnswer): EventAnswer["sections"] {
  if (options.section === undefined) return sections;
  const named = sections.filter(({ name }) => name === options.section);
  if (named.length > 0) return named;
  throw new Error(
    `${title} has no section ${JSON.stringify(options.section)}. Name one of ${namesOf(sections)}.`,
  );
}

function namesOf(sections: EventAnswer["sections"]): string {
  return sections.map(({ name }) => JSON.stringify(name)).join(", ");
}

async function findSection(event: EventAnswer, sections: EventAnswer["sections"]) {
  for (const section of sections) {
    const { free } = await api.seats(event.id, section.id);
    if (free >= options.quantity) return { ...section, free };
  }
  throw new Error(
    `${options.quantity} seats are not free in ${namesOf(sections)}. Ask for fewer with --quantity, or for another section with --section.`,
  );
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
  const url = `${options.mail ?? mailCatcherOf(gateway)}/messages?to=${encodeURIComponent(email)}`;
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) {
    const mails = (await (await fetch(url)).json()) as { subject: string }[];
    if (mails[0] !== undefined) return mails[0].subject;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no e-mail came to ${email}`);
}

/** Where `npm start` puts it. */
function mailCatcherOf(address: string): string {
  const url = new URL(address);
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
