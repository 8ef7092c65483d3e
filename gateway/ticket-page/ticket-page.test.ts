import { generateKeyPairSync } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { decodeSvg } from "../../booking-core/tickets/test-qr.ts";
import { signTicketCode } from "../../booking-core/tickets/ticket-code.ts";
import { createTicketDrawing } from "../../booking-core/tickets/ticket-drawing.ts";
import type { TicketFact, TicketFacts } from "../../booking-core/tickets/ticket-facts.ts";
import type { BookingId } from "../../foundation/ids.ts";
import { uuidFromParts } from "../../foundation/ids.ts";
import { send } from "../test-client.ts";
import { eventId, hourMs, testBuyer, testTokens, tokenOf } from "../test-data.ts";
import { startTestGateway } from "../test-gateway.ts";
import { testFacts, testTicketServices } from "../test-tickets.ts";

const bookingId = uuidFromParts("booking", "1") as BookingId;
const linkOf = (endsInMs = hourMs) =>
  `/tickets/${testTokens.sign("tickets", { bookingId }, Date.now() + endsInMs)}`;
const facts = testFacts(bookingId);
const [ticket] = facts.tickets as [TicketFact];

function open(shown: Partial<TicketFacts>, services: Partial<typeof testTicketServices> = {}) {
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
