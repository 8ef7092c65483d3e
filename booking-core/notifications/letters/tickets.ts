import type { EmailFacts } from "../email-facts.ts";
import type { Letter } from "../letter.ts";
import { wordsIn } from "../words.ts";
import { eventBlock, linkBlock, moneyText, seatsBlock, sumOf } from "./shared-blocks.ts";

/** Nothing where no ticket is good any more by the time that it would be sent. */
export function ticketsLetter(facts: EmailFacts): Letter | undefined {
  const { language, event, bookingId } = facts;
  const words = wordsIn[language];
  const seats = facts.seats.filter(({ ticket }) => ticket === "valid" || ticket === "used");
  const [first] = seats;
  if (first === undefined) return undefined;
  const paid = moneyText(language, { ...first.price, amountMinor: sumOf(seats) });
  return {
    language,
    subject: words.ticketsSubject(event),
    blocks: [
      { kind: "text", text: words.ticketsThanks },
      eventBlock(facts),
      seatsBlock(facts, seats),
      linkBlock(facts),
      { kind: "text", text: words.paid(paid, bookingId) },
      { kind: "small", text: words.ticketsCare },
    ],
  };
}
