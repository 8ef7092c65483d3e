import { generateKeyPairSync } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import type { Payment } from "../../booking-core/payments/payment.ts";
import type { BookingFiles } from "../../booking-core/refunds/booking-file.ts";
import type { Refund } from "../../booking-core/refunds/refund.ts";
import { decodeSvg } from "../../booking-core/tickets/test-qr.ts";
import { signTicketCode } from "../../booking-core/tickets/ticket-code.ts";
import { createTicketDrawing } from "../../booking-core/tickets/ticket-drawing.ts";
import type { TicketFact, TicketFacts } from "../../booking-core/tickets/ticket-facts.ts";
import type { BookingId, PaymentId } from "../../foundation/ids.ts";
import { uuidFromParts } from "../../foundation/ids.ts";
import type { GatewayServices } from "../services.ts";
import { send } from "../test-client.ts";
import { eventId, hourMs, testBooking, testBuyer, testEvent, testTokens, tokenOf } from "../test-data.ts";
import { startTestGateway } from "../test-gateway.ts";
import { testPayment } from "../test-services.ts";
import { testFacts, testTicketServices } from "../test-tickets.ts";

const bookingId = uuidFromParts("booking", "1") as BookingId;
const linkOf = (endsInMs = hourMs) =>
  `/tickets/${testTokens.sign("tickets", { bookingId }, Date.now() + endsInMs)}`;
const facts = testFacts(bookingId);
const [ticket] = facts.tickets as [TicketFact];

function open(shown: Partial<TicketFacts>, services: Partial<GatewayServices> = {}) {
  const tickets = { ...testTicketServices.tickets, facts: async () => ({ ...facts, ...shown }) };
  return startTestGateway({ tickets, ...services });
}

test("a scanner reads from the page the code that was signed", async () => {
  const ticketDrawing = createTicketDrawing();
  onTestFinished(() => ticketDrawing.stop());
  const { privateKey } = generateKeyPairSync("ed25519");
  const code = signTicketCode({ keyId: 1, eventId, ticketId: ticket.id, issue: 0 }, privateKey);
  const gateway = await open({ tickets: [{ ...ticket, code }] }, { ticketDrawing });
  const { body } = await send(gateway, linkOf());
  expect(decodeSvg(/<svg.*<\/svg>/.exec(String(body))?.[0] ?? "")).toBe(code);
  const pdf = await send(gateway, `${linkOf()}/tickets.pdf`);
  expect(String(pdf.body)).toMatch(/^%PDF-/);
});

test("the page runs nothing, tells its address to nobody and is kept by no search engine", async () => {
  const gateway = await open({});
  const { headers, body } = await send(gateway, linkOf());
  const policy = headers.get("content-security-policy");
  expect(policy).toMatch(/^default-src 'none'; style-src 'self';/);
  expect(policy).not.toContain("script-src");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("x-robots-tag")).toContain("noindex");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(String(body)).not.toMatch(/<script|style="|https?:/);
  const [style] = /\/ticket-page\.css/.exec(String(body)) ?? [];
  expect((await send(gateway, style ?? "")).status).toBe(200);
});

test("what others wrote stays text", async () => {
  const nasty = `<script>alert("1")</script>&\u0000`;
  const gateway = await open({
    event: { ...facts.event, title: nasty },
    venue: { name: nasty, city: nasty },
    tickets: [
      {
        ...ticket,
        section: nasty,
        label: { row: nasty, seat: nasty },
        status: "used",
        used: { atMs: 0, door: nasty },
      },
    ],
  });
  const html = String((await send(gateway, linkOf())).body);
  expect(html).not.toContain("<script");
  expect(html).not.toContain("\u0000");
  expect(html).toContain("&lt;script&gt;");
});

test("a ticket that lets nobody in says so and shows no code", async () => {
  const used: TicketFact = { ...ticket, status: "used", used: { atMs: 1_800_000_000_000, door: "North" } };
  const gateway = await open({
    language: "de",
    tickets: [used, { ...ticket, status: "refunded", code: null }],
  });
  const html = String((await send(gateway, linkOf())).body);
  expect(html).toContain("Benutzt: Freitag, 15. Januar 2027");
  expect(html).toContain("Erstattet");
  expect(html).not.toMatch(/<svg|tickets\.pdf/);
});

test.each([
  [
    "pending_payment",
    /not paid yet. Its seats are kept until Friday, 15 January 2027|Friday, January 15, 2027/,
    true,
  ],
  ["expired", /ended without being paid/, false],
] as const)("a booking that is %s says why it has no tickets", async (status, words, looksAgain) => {
  const gateway = await open({ tickets: [], booking: { status, deadlineMs: 1_800_000_000_000 } });
  const html = String((await send(gateway, linkOf())).body);
  expect(html).toMatch(words);
  expect(html.includes('http-equiv="refresh"')).toBe(looksAgain);
});

type Told = {
  readonly payments: readonly Partial<Payment>[];
  readonly shown?: Partial<TicketFacts>;
  readonly isOff?: boolean;
  readonly isGoingBack?: boolean;
};

const deadlineMs = 1_800_000_000_000;
const unpaid = { tickets: [], booking: { status: "pending_payment", deadlineMs } } as const;
const expired = { tickets: [], booking: { status: "expired", deadlineMs } } as const;
const refunded = { tickets: [{ ...ticket, status: "refunded", code: null }] } as const;
const declined = { status: "failed" } as const;
const wrong = { status: "parked", problem: "wrong_amount" } as const;
const late = { status: "succeeded", problem: "too_late" } as const;
const twice = { status: "succeeded", problem: "paid_twice" } as const;
const paid = { status: "succeeded" } as const;

async function mainOf(told: Told, language: TicketFacts["language"]): Promise<string> {
  const payments = told.payments.map((payment, place): Payment => {
    return { ...testPayment, id: uuidFromParts("payment", String(place)) as PaymentId, ...payment };
  });
  const refunds = told.isGoingBack ? payments.map(({ id: paymentId }) => ({ paymentId }) as Refund) : [];
  const bookingFiles: BookingFiles = {
    find: async (id) => ({ booking: { ...testBooking(testBuyer().buyerId), id }, payments, refunds }),
  };
  const event = { ...testEvent, status: told.isOff ? ("cancelled" as const) : testEvent.status };
  const catalogue = { list: async () => [event], find: async () => event };
  const gateway = await open({ ...told.shown, language }, { bookingFiles, catalogue });
  const html = String((await send(gateway, linkOf())).body);
  return /<main>(.*)<\/main>/s.exec(html)?.[1] ?? "";
}

const nothingPaid = /not paid yet|without being paid|noch nicht bezahlt|unbezahlt/;
const goesBack = [/goes back to you/, /Sie bekommen (es|sie) ganz zurück|bekommen Sie zurück/] as const;
const looking = [/not the amount .* we are looking at it/, /nicht der Betrag.* wir sehen es uns an/] as const;

const stories: [string, Told, readonly [en: RegExp, de: RegExp]][] = [
  [
    "a card was declined",
    { payments: [declined], shown: unpaid },
    [/did not succeed.*kept until.* pay again/, /nicht gelungen.*bis .* noch einmal bezahlen/],
  ],
  ["money of another amount is looked at", { payments: [wrong], shown: unpaid }, looking],
  ["it is looked at after the booking has ended", { payments: [wrong], shown: expired }, looking],
  ["money of another amount goes back", { payments: [wrong], shown: unpaid, isGoingBack: true }, goesBack],
  ["money came too late", { payments: [late], shown: expired }, goesBack],
  ["money came twice, and the tickets are there", { payments: [paid, twice] }, goesBack],
  [
    "the event is cancelled and the tickets are void",
    { payments: [paid], shown: refunded, isOff: true },
    [/does not take place.*goes back to you/s, /findet nicht statt.*bekommen Sie von selbst zurück/s],
  ],
  [
    "the event is cancelled and nobody has paid",
    { payments: [{}], shown: expired, isOff: true },
    [/does not take place/, /findet nicht statt/],
  ],
];

test.each(stories)("where %s the page says so, in both languages", async (_, told, [en, de]) => {
  for (const [language, words] of [["en", en] as const, ["de", de] as const]) {
    const main = await mainOf(told, language);
    expect(main).toMatch(words);
    expect(main).not.toMatch(nothingPaid);
  }
});

test("who pays again after a no reads that the tickets are to come, and all is told once", async () => {
  expect(await mainOf({ payments: [declined, {}], shown: unpaid }, "en")).toMatch(/not paid yet/);
  const main = await mainOf({ payments: [late, late], shown: expired }, "en");
  expect(main.match(/goes back/g)).toHaveLength(1);
});

test("a page about a cancelled event does not look again for a payment", async () => {
  const event = { ...testEvent, status: "cancelled" as const };
  const gateway = await open(unpaid, { catalogue: { list: async () => [event], find: async () => event } });
  expect(String((await send(gateway, linkOf())).body)).not.toContain('http-equiv="refresh"');
});

test.each([
  ["that has ended", linkOf(-1_000)],
  ["of another kind", `/tickets/${tokenOf(testBuyer())}`],
  ["that is cut", linkOf().slice(0, -1)],
  ["to a PDF that has ended", `${linkOf(-1_000)}/tickets.pdf`],
])("a link %s shows a page that says so", async (_, path) => {
  const gateway = await open({});
  const { status, headers, body } = await send(gateway, path);
  expect(status).toBe(404);
  expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(String(body)).toContain("No tickets here");
});
