import type { EmailFacts } from "../email-facts.ts";
import type { Letter } from "../letter.ts";
import { wordsIn } from "../words.ts";
import { eventBlock, moneyBlocks } from "./shared-blocks.ts";

export function eventCancelledLetter(facts: EmailFacts): Letter {
  const { language, event, bookingId, refund } = facts;
  const words = wordsIn[language];
  return {
    language,
    subject: words.cancelledSubject(event),
    blocks: [
      { kind: "text", text: words.cancelledNews },
      eventBlock(facts),
      { kind: "text", text: words.cancelledMoney },
      ...(refund === null ? [] : moneyBlocks(facts, refund)),
      { kind: "small", text: words.booking(bookingId) },
    ],
  };
}
