import { z } from "zod";
import type { TicketFacts } from "../../booking-core/tickets/ticket-facts.ts";
import { defineRoute, noBody, type Route, type TextAnswer } from "../route.ts";
import { pdfAnswer } from "../routes/tickets.ts";
import type { GatewayServices } from "../services.ts";
import type { BookingStory } from "./booking-news.ts";
import { endedPage, ticketPage } from "./ticket-page.ts";

const params = z.strictObject({ token: z.string() });

/** The address is the secret: it is told to nobody, and kept by no search engine. */
const headers = {
  "Content-Security-Policy":
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Robots-Tag": "noindex, nofollow, noarchive",
};
const html = "text/html; charset=utf-8";

const showTicketPage = defineRoute({
  name: "showTicketPage",
  method: "get",
  path: "/tickets/:token",
  summary: "The tickets of a booking, for whoever has the link.",
  access: "public",
  limitedBy: "tickets",
  params,
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The page.", json: null, type: html } },
  refusals: [],
  async handle({ services, params: { token } }) {
    const facts = await factsOf(services, token);
    if (facts === undefined) return ended;
    const shown = facts.tickets.filter(({ status }) => status === "valid");
    const codes = shown.flatMap(({ code }) => (code === null ? [] : [code]));
    const drawn = await services.ticketDrawing.svgs(codes);
    if (drawn === "busy") return { refusal: "busy" };
    const pictures = new Map(shown.map(({ id }, place) => [id as string, drawn[place] ?? ""]));
    const story = await storyOf(services, facts);
    return {
      text: Buffer.from(ticketPage(facts, story, pictures, `/tickets/${token}/tickets.pdf`)),
      headers,
      type: html,
    };
  },
});

const showPagePdf = defineRoute({
  name: "showPagePdf",
  method: "get",
  path: "/tickets/:token/tickets.pdf",
  summary: "The valid tickets of a booking as a PDF, for whoever has the link.",
  access: "public",
  limitedBy: "tickets",
  params,
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The PDF.", json: null, type: "application/pdf" } },
  refusals: ["no_valid_tickets"],
  async handle({ services, params: { token } }) {
    const facts = await factsOf(services, token);
    if (facts === undefined) return ended;
    const made = await pdfAnswer(services, facts);
    return "refusal" in made
      ? made
      : { ...made, headers: { ...made.headers, "X-Robots-Tag": headers["X-Robots-Tag"] } };
  },
});

/** For people, and no part of the API. */
export const ticketPageRoutes: readonly Route[] = [showTicketPage, showPagePdf];

const ended: TextAnswer = { text: Buffer.from(endedPage), headers, type: html, textStatus: 404 };

async function factsOf(
  { tokens, tickets }: GatewayServices,
  token: string,
): Promise<TicketFacts | undefined> {
  const claims = tokens.verify("tickets", token);
  return claims && tickets.facts(claims.bookingId);
}

async function storyOf(
  { catalogue, bookingFiles }: GatewayServices,
  { bookingId, event }: TicketFacts,
): Promise<BookingStory> {
  const [listed, file] = await Promise.all([catalogue.find(event.id), bookingFiles.find(bookingId)]);
  const { payments = [], refunds = [] } = file ?? {};
  return { eventIsOff: listed?.status === "cancelled", payments, refunds };
}
