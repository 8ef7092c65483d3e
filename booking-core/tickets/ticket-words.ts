import { formatMoney } from "../../foundation/money.ts";
import type { TicketFact, TicketFacts } from "./ticket-facts.ts";

/** What pages and PDFs of tickets say, in the buyer's language. */
const words = {
  en: {
    title: "Ticket",
    section: "Section",
    row: "Row",
    seat: "Seat",
    standing: "Standing",
    price: "Price",
    booking: "Booking",
    ticket: "Ticket",
    showIt: "Show this code at the door. Whoever shows it first comes in: keep it to yourself.",
  },
  de: {
    title: "Eintrittskarte",
    section: "Bereich",
    row: "Reihe",
    seat: "Platz",
    standing: "Stehplatz",
    price: "Preis",
    booking: "Buchung",
    ticket: "Karte",
    showIt:
      "Zeigen Sie diesen Code am Einlass. Wer ihn zuerst zeigt, kommt hinein: Geben Sie ihn nicht weiter.",
  },
} as const satisfies Record<TicketFacts["language"], object>;

export function wordsOf(language: TicketFacts["language"]) {
  return words[language];
}

/** A line break in a title would be another line of the ticket. */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim();
}

/** Events have no zone of their own. */
export function whenText(atMs: number, language: TicketFacts["language"]): string {
  const format = new Intl.DateTimeFormat(language, {
    dateStyle: "full",
    timeStyle: "short",
    timeZone: "UTC",
  });
  return `${format.format(atMs)} UTC`;
}

/** Name and value of each thing that says where the ticket is for and what it was. */
export function placeLines(
  ticket: TicketFact,
  language: TicketFacts["language"],
): readonly (readonly [name: string, value: string])[] {
  const { section, row, seat, standing, price } = words[language];
  const place: [string, string][] =
    ticket.label === null
      ? [[seat, standing]]
      : [
          [row, oneLine(ticket.label.row)],
          [seat, oneLine(ticket.label.seat)],
        ];
  return [[section, oneLine(ticket.section)], ...place, [price, formatMoney(ticket.price, language)]];
}
