import type { EmailFacts } from "./email-facts.ts";
import { type Letter, oneLine } from "./letter.ts";
import { letterHtml } from "./letter-html.ts";
import { letterText } from "./letter-text.ts";
import { eventCancelledLetter } from "./letters/event-cancelled.ts";
import { refundLetter } from "./letters/refund.ts";
import { ticketsLetter } from "./letters/tickets.ts";

export type Rendered = { readonly subject: string; readonly text: string; readonly html: string };

export function renderLetter(letter: Letter): Rendered {
  return { subject: oneLine(letter.subject), text: letterText(letter), html: letterHtml(letter) };
}

/** Nothing where there is nothing left to say. */
export function renderEmail(facts: EmailFacts): Rendered | undefined {
  const letter = letterOf(facts);
  return letter === undefined ? undefined : renderLetter(letter);
}

function letterOf(facts: EmailFacts): Letter | undefined {
  switch (facts.template) {
    case "tickets":
      return ticketsLetter(facts);
    case "refund":
      return refundLetter(facts);
    case "event_cancelled":
      return eventCancelledLetter(facts);
  }
}
