import type { EmailFacts, RefundFacts } from "../email-facts.ts";
import type { Block, Letter } from "../letter.ts";
import { wordsIn } from "../words.ts";
import { eventBlock, linkBlock, moneyBlocks, moneyText, seatsBlock, sumOf } from "./shared-blocks.ts";

export function refundLetter(facts: EmailFacts): Letter {
  const { language, event, bookingId, refund } = facts;
  if (refund === null) throw new Error(`the e-mail about a refund of booking ${bookingId} names no refund`);
  const words = wordsIn[language];
  return {
    language,
    subject: words.refundSubject(event),
    blocks: [
      { kind: "text", text: [words.refundWhy[refund.reason], ...prospects(facts, refund)].join(" ") },
      eventBlock(facts),
      ...seatBlocks(facts, refund),
      ...moneyBlocks(facts, refund),
      ...keptBlocks(facts, refund),
      ...restBlocks(facts, refund),
      { kind: "small", text: words.booking(bookingId) },
    ],
  };
}

/** What a payment that bought nothing leaves to the buyer, as it is true when the e-mail is written. */
function prospects(facts: EmailFacts, { reason }: RefundFacts): string[] {
  const words = wordsIn[facts.language];
  if (reason === "too_late" && facts.isActive) return [words.bookAgain];
  return reason === "paid_twice" && hasValidTicket(facts) ? [words.firstTicketsStay] : [];
}

function hasValidTicket({ seats }: EmailFacts): boolean {
  return seats.some(({ ticket }) => ticket === "valid");
}

function seatsOf({ seats }: EmailFacts, { positions }: RefundFacts) {
  return seats.filter(({ position }) => positions?.includes(position) === true);
}

function seatBlocks(facts: EmailFacts, refund: RefundFacts): Block[] {
  const seats = seatsOf(facts, refund);
  if (seats.length === 0) return [];
  return [{ kind: "text", text: wordsIn[facts.language].refundedSeats }, seatsBlock(facts, seats)];
}

/** What a policy did not give back. A payment that bought nothing goes back as a whole. */
function keptBlocks(facts: EmailFacts, refund: RefundFacts): Block[] {
  const { language } = facts;
  const { byProvider, toWallet } = refund;
  const kept = sumOf(seatsOf(facts, refund)) - byProvider.amountMinor - toWallet.amountMinor;
  if (kept <= 0n) return [];
  const amount = moneyText(language, { ...byProvider, amountMinor: kept });
  return [{ kind: "text", text: wordsIn[language].kept(amount) }];
}

/** Of a payment that bought nothing the first sentence has said that the tickets stay. */
function restBlocks(facts: EmailFacts, { positions }: RefundFacts): Block[] {
  if (!hasValidTicket(facts)) return [];
  const link = linkBlock(facts);
  return positions === null ? [link] : [{ kind: "text", text: wordsIn[facts.language].othersStay }, link];
}
