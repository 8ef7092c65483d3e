import type { TicketFact, TicketFacts } from "../../booking-core/tickets/ticket-facts.ts";
import { oneLine, placeLines, whenText, wordsOf } from "../../booking-core/tickets/ticket-words.ts";
import type { Language } from "../../foundation/language.ts";
import { escapeHtml } from "../docs/escape-html.ts";
import { type BookingStory, newsOf } from "./booking-news.ts";

const pageWords = {
  en: {
    tickets: "Your tickets",
    pdf: "All valid tickets as a PDF",
    status: { valid: "Valid", used: "Used", refunded: "Refunded: it lets nobody in" },
    keep: "This page is yours alone: whoever has its address has the tickets.",
  },
  de: {
    tickets: "Ihre Eintrittskarten",
    pdf: "Alle gültigen Karten als PDF",
    status: { valid: "Gültig", used: "Benutzt", refunded: "Erstattet: gilt nicht mehr" },
    keep: "Diese Seite gehört nur Ihnen: Wer ihre Adresse hat, hat die Karten.",
  },
} as const satisfies Record<Language, object>;

/** `pictures` has the QR code of each ticket that has a code; `pdfPath` is where the PDF is. */
export function ticketPage(
  facts: TicketFacts,
  story: BookingStory,
  pictures: ReadonlyMap<string, string>,
  pdfPath: string,
): string {
  const { language, event, venue, tickets, bookingId, booking } = facts;
  const words = pageWords[language];
  const hasValid = tickets.some(({ status }) => status === "valid");
  return page(
    language,
    words.tickets,
    `<header>
      <h1>${plain(event.title)}</h1>
      <p>${plain(whenText(event.startsAtMs, language))}<br>${plain(`${venue.name}, ${venue.city}`)}</p>
      ${hasValid ? `<p><a href="${pdfPath}">${words.pdf}</a></p>` : ""}
    </header>
    <main>${newsOf(facts, story)
      .map((sentence) => `<p>${plain(sentence)}</p>`)
      .join("")}
      ${tickets.map((ticket) => ticketCard(ticket, language, pictures.get(ticket.id) ?? "")).join("")}
    </main>
    <footer><p>${words.keep}</p><p>${wordsOf(language).booking} ${bookingId}</p></footer>`,
    booking.status === "pending_payment" && !story.eventIsOff ? refresh : "",
  );
}

/** Who comes back from paying may be here before the news of the payment. */
const refresh = `<meta http-equiv="refresh" content="3">`;

function ticketCard(ticket: TicketFact, language: Language, picture: string): string {
  const lines = placeLines(ticket, language).map(
    ([name, value]) => `<div><dt>${plain(name)}</dt><dd>${plain(value)}</dd></div>`,
  );
  return `<article class="${ticket.status}">
      <p class="status">${statusText(ticket, language)}</p>
      <dl>${lines.join("")}</dl>
      ${ticket.status === "valid" ? `<div class="code">${picture}</div>` : ""}
    </article>`;
}

function statusText({ status, used }: TicketFact, language: Language): string {
  const words = pageWords[language];
  if (used === null) return words.status[status];
  return plain(`${words.status[status]}: ${whenText(used.atMs, language)}, ${used.door}`);
}

/** What a link shows that has ended or never was one. */
export const endedPage = page(
  "en",
  "No tickets here",
  `<main><h1>No tickets here</h1>
    <p>This link is not complete, or has ended. Open the one in your e-mail: it is good until a day after the event. Or look at your bookings.</p>
    <p lang="de">Dieser Link ist nicht vollständig oder abgelaufen. Öffnen Sie den aus Ihrer E-Mail: Er gilt bis einen Tag nach der Veranstaltung. Oder sehen Sie in Ihren Buchungen nach.</p></main>`,
);

/** Where a payment provider sends the buyer of a top-up back to. */
export const walletBackPage = page(
  "en",
  "Your wallet",
  `<main><h1>Back from paying</h1>
    <p>What you have paid is in your wallet in a moment. You can close this page and go on where you were.</p>
    <p lang="de">Was Sie bezahlt haben, ist gleich in Ihrem Guthaben. Sie können diese Seite schließen und weitermachen, wo Sie waren.</p></main>`,
);

function page(language: Language, title: string, body: string, more = ""): string {
  return `<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">${more}
    <title>Onsale: ${title}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/ticket-page.css">
  </head>
  <body>
    ${body}
  </body>
</html>
`;
}

const plain = (text: string) => escapeHtml(oneLine(text));

export const ticketPageStyle = `body { font-family: sans-serif; margin: 1rem auto; padding: 0 1rem; max-width: 40rem; color: #24292f; background: #ffffff; }
article { border: 1px solid #57606a; border-radius: 0.5rem; padding: 1rem; margin: 1rem 0; break-inside: avoid; }
article.refunded, article.used { color: #57606a; background: #f6f8fa; }
.status { font-weight: bold; margin: 0; }
dl { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; }
dt { font-size: 0.8rem; color: #57606a; }
dd { margin: 0; font-size: 1.2rem; overflow-wrap: anywhere; }
.code { max-width: 22rem; margin: 0 auto; }
.code svg { display: block; width: 100%; height: auto; }
a:focus-visible { outline: 3px solid #0550ae; outline-offset: 2px; }
`;
