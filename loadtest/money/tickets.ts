import { generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from "node:crypto";
import { checkTicketCode, signTicketCode } from "../../booking-core/tickets/ticket-code.ts";
import { createTicketDrawing } from "../../booking-core/tickets/ticket-drawing.ts";
import type { TicketFacts } from "../../booking-core/tickets/ticket-facts.ts";
import { type BookingId, type EventId, type TicketId, uuidSource } from "../../foundation/ids.ts";
import type { Measurement } from "../bench/report.ts";
import type { Part } from "../bench/suite.ts";

const full = { codes: 20_000, pdfs: 100 };
const small = { codes: 200, pdfs: 3 };
const keyId = 1;
const eventId = uuidSource.next<EventId>();
/** As many bytes as a code's signature is over. */
const signedBytes = randomBytes(38);

/** What a ticket costs when it is shown, read at a door, and drawn for an e-mail. */
export const ticketsPart: Part = {
  name: "tickets",
  async measure({ tiny }) {
    const { codes, pdfs } = tiny ? small : full;
    const keys = generateKeyPairSync("ed25519");
    const ids = Array.from({ length: codes }, () => uuidSource.next<TicketId>());
    const codeOf = (ticketId: TicketId) =>
      signTicketCode({ keyId, eventId, ticketId, issue: 0 }, keys.privateKey);
    const signed: string[] = [];
    const signedPerSecond = perSecond(ids, (id) => signed.push(codeOf(id)));
    let refused = 0;
    const readPerSecond = perSecond(signed, (code) => {
      refused += checkTicketCode(code, () => keys.publicKey).outcome === "good" ? 0 : 1;
    });
    const bare = bareRates(keys.privateKey, keys.publicKey, codes);
    return [
      {
        name: "codes signed",
        value: signedPerSecond,
        unit: "codes/s",
        limit: { name: "bare Ed25519 signatures", value: bare.signed },
      },
      {
        name: "codes read at a door",
        value: readPerSecond,
        unit: "codes/s",
        limit: { name: "bare Ed25519 checks", value: bare.checked },
      },
      {
        name: "codes of ours refused",
        value: refused,
        unit: "codes",
        bar: { of: "value", sign: "≤", at: 0, size: "any" },
      },
      await drawn(pdfs, codeOf),
    ];
  },
};

function perSecond<Item>(items: readonly Item[], work: (item: Item) => void): number {
  const startedAt = performance.now();
  for (const item of items) work(item);
  return (items.length * 1_000) / (performance.now() - startedAt);
}

function bareRates(privateKey: KeyObject, publicKey: KeyObject, count: number) {
  const times = Array.from({ length: count }, () => signedBytes);
  const signature = sign(null, signedBytes, privateKey);
  return {
    signed: perSecond(times, (bytes) => sign(null, bytes, privateKey)),
    checked: perSecond(times, (bytes) => verify(null, bytes, publicKey, signature)),
  };
}

/** By the one thread that draws in each process, after its first. */
async function drawn(count: number, codeOf: (id: TicketId) => string): Promise<Measurement> {
  const drawing = createTicketDrawing();
  try {
    await drawing.pdf(factsOf(codeOf));
    const startedAt = performance.now();
    for (let made = 0; made < count; made += 1)
      if ((await drawing.pdf(factsOf(codeOf))) === "busy") throw new Error("the thread that draws is busy");
    const value = (count * 1_000) / (performance.now() - startedAt);
    return { name: "PDFs of two tickets drawn", value, unit: "PDFs/s" };
  } finally {
    await drawing.stop();
  }
}

function factsOf(codeOf: (id: TicketId) => string): TicketFacts {
  const tickets = [1, 2].map((seat) => {
    const id = uuidSource.next<TicketId>();
    const label = { row: "A", seat: String(seat) };
    const shown = { section: "Stalls", label, price: { amountMinor: 4_750n, currency: "EUR" } };
    return { id, status: "valid", ...shown, issuedAtMs: Date.now(), used: null, code: codeOf(id) } as const;
  });
  const event = { id: eventId, title: "The rush", startsAtMs: Date.now() };
  const venue = { name: "Stadium", city: "Loadville" };
  const booking = { status: "paid", deadlineMs: Date.now() } as const;
  return { bookingId: uuidSource.next<BookingId>(), booking, language: "en", event, venue, tickets };
}
