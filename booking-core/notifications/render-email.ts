import type { EmailFacts } from "./email-facts.ts";
import { type Letter, oneLine } from "./letter.ts";
import { letterHtml } from "./letter-html.ts";
import { letterText } from "./letter-text.ts";
import { eventCancelledLetter } from "./letters/event-cancelled.ts";
import { refundLetter } from "./letters/refund.ts";
import { ticketsLetter } from "./letters/tickets.ts";

export type Rendered = { readonly subject: string; readonly text: string; readonly html: string };

/**
 * A subject of ASCII is sent as it is, and `=?utf-8?q?…?=` in a title would be decoded by who reads it, line breaks and
 * all: a space makes it plain letters (found by `injection.test.ts`).
 */
export function renderLetter(letter: Letter): Rendered {
  const subject = oneLine(letter.subject).replaceAll("=?", "= ?");
  return { subject, text: letterText(letter), html: letterHtml(letter) };
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
