import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { type BookingId, type BuyerId, uuidSource } from "../../foundation/ids.ts";
import { createTokens } from "../../foundation/tokens.ts";
import { standingOf } from "../../test/harness/shop.ts";
import { openTicketTest, type TicketTest } from "./test-tickets.ts";
import { createTicketDrawing } from "./ticket-drawing.ts";
import { createTicketFiles } from "./ticket-files.ts";
import { renderTicketsPdf } from "./ticket-pdf.ts";
import { createTicketsLinks } from "./tickets-link.ts";

let parts: TicketTest;
beforeAll(async () => {
  parts = await openTicketTest();
});
afterAll(() => parts.shop.close());

async function oneTicket() {
  const booking = await parts.buy(await parts.openEvent(), 1);
  const [ticketId] = await parts.ticketIds(booking);
  if (ticketId === undefined) throw new Error("no ticket");
  return { booking, ticketId, buyerId: booking.buyerId };
}
const stranger = uuidSource.next<BuyerId>();

test("a ticket shows a code that is signed for it, and only to its buyer", async () => {
  const { booking, buyerId, ticketId } = await oneTicket();
  const ticket = await parts.tickets.find(buyerId, ticketId);
  expect(await parts.keys.check(ticket?.code ?? "")).toMatchObject({
    outcome: "good",
    ticketId,
    eventId: booking.eventId,
    issue: 0,
  });
  expect(await parts.tickets.find(stranger, ticketId)).toBeUndefined();
  expect(await parts.tickets.facts(booking.id, stranger)).toBeUndefined();
  expect((await parts.tickets.facts(booking.id, buyerId))?.tickets.map(({ id }) => id)).toEqual([ticketId]);
});

test("a new code takes the place of the old one, and the same request again changes nothing more", async () => {
  const { buyerId, ticketId } = await oneTicket();
  const answers = await Promise.all([1, 2, 3].map(() => parts.tickets.reissue(buyerId, ticketId, 0)));
  for (const answer of answers)
    expect(answer).toMatchObject({ outcome: "reissued", ticket: { issue: 1, status: "valid" } });
  const ticket = await parts.tickets.find(buyerId, ticketId);
  expect(await parts.keys.check(ticket?.code ?? "")).toMatchObject({ outcome: "good", issue: 1 });
});

test("who has no right to a new code gets none", async () => {
  const { buyerId, ticketId } = await oneTicket();
  expect(await parts.tickets.reissue(stranger, ticketId, 0)).toEqual({ outcome: "not_found" });
  expect(await parts.tickets.reissue(buyerId, ticketId, 7)).toEqual({ outcome: "not_found" });
  await parts.shop.pool.query("update tickets set issue = 255 where id = $1", [ticketId]);
  expect(await parts.tickets.reissue(buyerId, ticketId, 255)).toEqual({ outcome: "reissues_used" });
  await parts.refund(ticketId);
  expect(await parts.tickets.reissue(buyerId, ticketId, 255)).toEqual({ outcome: "ticket_not_valid" });
  expect((await parts.tickets.find(buyerId, ticketId))?.code).toBeNull();
});

test("the facts of a booking say where each ticket is for and what it was", async () => {
  const event = await parts.openEvent({ sections: [standingOf(5)] });
  const booking = await parts.buy(event, 2);
  const facts = await parts.tickets.facts(booking.id);
  expect(facts).toMatchObject({
    bookingId: booking.id,
    language: "en",
    event: { title: "Test event", startsAtMs: event.startsAtMs },
    venue: { name: "Test hall", city: "Testville" },
  });
  const standing = {
    section: "standing 5",
    label: null,
    price: { amountMinor: 4_500n, currency: "EUR" },
    used: null,
  };
  expect(facts?.tickets).toMatchObject([standing, standing]);
  expect(await parts.tickets.facts(uuidSource.next<BookingId>())).toBeUndefined();
});

test("an e-mail carries the valid tickets of a booking, and nothing where there is none", async () => {
  const { booking, ticketId } = await oneTicket();
  const drawing = createTicketDrawing();
  onTestFinished(() => drawing.stop());
  const ticketFiles = createTicketFiles({ pool: parts.shop.pool, keys: parts.keys, drawing });
  const [file] = await ticketFiles(booking.id, "de");
  expect(file).toMatchObject({ filename: "tickets.pdf", contentType: "application/pdf" });
  const facts = await parts.tickets.facts(booking.id);
  if (facts === undefined) throw new Error("no facts");
  expect(file?.content.equals(await renderTicketsPdf({ ...facts, language: "de" }))).toBe(true);
  await parts.refund(ticketId);
  expect(await ticketFiles(booking.id, "de")).toEqual([]);
  const busy = { pdf: async () => "busy" as const };
  const other = await oneTicket();
  const files = createTicketFiles({ pool: parts.shop.pool, keys: parts.keys, drawing: busy });
  await expect(files(other.booking.id, "en")).rejects.toThrow(/more PDFs/);
});

test("a link to a booking's tickets is good for that, until a day after the event", () => {
  const tokens = createTokens("a secret of the tests, thirty-two characters");
  const id = uuidSource.next<BookingId>();
  const linkOf = (startsAtMs: number) =>
    createTicketsLinks(tokens, "https://onsale.example/").ticketsLink({ id, startsAtMs });
  const dayMs = 86_400_000;
  const [, token = ""] =
    /^https:\/\/onsale\.example\/tickets\/([\w.-]+)$/.exec(linkOf(Date.now() - dayMs + 60_000)) ?? [];
  expect(tokens.verify("tickets", token)).toMatchObject({ bookingId: id });
  expect(tokens.verify("door", token)).toBeUndefined();
  const ended =
    linkOf(Date.now() - dayMs - 1_000)
      .split("/")
      .at(-1) ?? "";
  expect(tokens.verify("tickets", ended)).toBeUndefined();
});

test("the link that a provider sends buyers back to is the same whenever it is asked for, and ends after two days", () => {
  const tokens = createTokens("a secret of the tests, thirty-two characters");
  const links = createTicketsLinks(tokens, "https://onsale.example");
  onTestFinished(() => void vi.useRealTimers());
  const at = (nowMs: number, createdAtMs: number) => {
    vi.useFakeTimers({ now: nowMs, toFake: ["Date"] });
    return links.returnLink({ id: "b" as BookingId, createdAtMs });
  };
  const now = Date.now();
  const hourMs = 3_600_000;
  expect(at(now, now)).toBe(at(now + hourMs, now));
  const isGood = (link: string) => tokens.verify("tickets", link.split("/").at(-1) ?? "") !== undefined;
  expect(isGood(at(now, now - 47 * hourMs))).toBe(true);
  expect(isGood(at(now, now - 49 * hourMs))).toBe(false);
});
