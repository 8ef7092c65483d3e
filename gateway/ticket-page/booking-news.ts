import type { Payment } from "../../booking-core/payments/payment.ts";
import type { Refund } from "../../booking-core/refunds/refund.ts";
import type { TicketFacts } from "../../booking-core/tickets/ticket-facts.ts";
import { whenText } from "../../booking-core/tickets/ticket-words.ts";
import type { Language } from "../../foundation/language.ts";

/** What became of the money for a booking, and whether its event takes place. */
export type BookingStory = {
  readonly eventIsOff: boolean;
  /** The oldest first. */
  readonly payments: readonly Payment[];
  readonly refunds: readonly Refund[];
};

type NewsWords = {
  readonly isOff: string;
  readonly offMoney: string;
  readonly wrongAmount: string;
  readonly wrongAmountBack: string;
  readonly tooLate: string;
  readonly paidTwice: string;
  readonly declined: (until: string) => string;
  readonly unpaid: (until: string) => string;
  readonly ended: string;
};

const newsWords: Readonly<Record<Language, NewsWords>> = {
  en: {
    isOff: "The event does not take place.",
    offMoney: "What you have paid goes back to you by itself. You need not do anything.",
    wrongAmount:
      "Money has arrived for this booking, but not the amount that was asked for. There are no tickets for it; we are looking at it, and you need not do anything.",
    wrongAmountBack:
      "Money has arrived for this booking, but not the amount that was asked for. There are no tickets for it: it goes back to you as a whole.",
    tooLate:
      "Your payment came when this booking could not be paid any more. There are no tickets for it: it goes back to you as a whole. If seats are still free, you are welcome to book again.",
    paidTwice: "This booking was paid more than once. What came after the first payment goes back to you.",
    declined: (until) =>
      `The payment did not succeed, and this booking is not paid. Its seats are kept until ${until}: until then you can pay again where you have booked, with another card for example.`,
    unpaid: (until) =>
      `This booking is not paid yet. Its seats are kept until ${until}. If you have just paid, the tickets appear here in a moment.`,
    ended: "This booking has ended without being paid: there are no tickets.",
  },
  de: {
    isOff: "Die Veranstaltung findet nicht statt.",
    offMoney: "Was Sie bezahlt haben, bekommen Sie von selbst zurück. Sie müssen nichts tun.",
    wrongAmount:
      "Für diese Buchung ist Geld angekommen, aber nicht der Betrag, der verlangt war. Dafür gibt es keine Karten; wir sehen es uns an, und Sie müssen nichts tun.",
    wrongAmountBack:
      "Für diese Buchung ist Geld angekommen, aber nicht der Betrag, der verlangt war. Dafür gibt es keine Karten: Sie bekommen es ganz zurück.",
    tooLate:
      "Ihre Zahlung kam, als diese Buchung nicht mehr bezahlt werden konnte. Dafür gibt es keine Karten: Sie bekommen sie ganz zurück. Falls noch Plätze frei sind, können Sie gern noch einmal buchen.",
    paidTwice:
      "Diese Buchung wurde mehr als einmal bezahlt. Was nach der ersten Zahlung kam, bekommen Sie zurück.",
    declined: (until) =>
      `Die Zahlung ist nicht gelungen, und diese Buchung ist nicht bezahlt. Die Plätze bleiben bis ${until} frei gehalten: Bis dahin können Sie dort, wo Sie gebucht haben, noch einmal bezahlen, zum Beispiel mit einer anderen Karte.`,
    unpaid: (until) =>
      `Diese Buchung ist noch nicht bezahlt. Die Plätze bleiben bis ${until} frei gehalten. Haben Sie gerade bezahlt, erscheinen die Karten hier gleich von selbst.`,
    ended: "Diese Buchung endete unbezahlt: Es gibt keine Karten.",
  },
};

/** The sentences beside the tickets. Who has paid is never told that nothing was paid. */
export function newsOf(facts: TicketFacts, story: BookingStory): readonly string[] {
  const words = newsWords[facts.language];
  const news = [...newsOfEvent(words, story), ...newsOfMoney(words, story)];
  return news.length > 0 || facts.tickets.length > 0 ? news : [withoutTickets(words, facts, story)];
}

function newsOfEvent(words: NewsWords, { eventIsOff, payments }: BookingStory): readonly string[] {
  if (!eventIsOff) return [];
  return payments.some(({ status }) => status === "succeeded")
    ? [words.isOff, words.offMoney]
    : [words.isOff];
}

function newsOfMoney(words: NewsWords, { eventIsOff, payments, refunds }: BookingStory): readonly string[] {
  const goingBack = new Set(refunds.map(({ paymentId }) => paymentId));
  const sentences = payments.map(({ id, problem }) => {
    if (problem === "wrong_amount") return goingBack.has(id) ? words.wrongAmountBack : words.wrongAmount;
    // Of a cancelled event all goes back, and that is said already.
    if (eventIsOff) return undefined;
    if (problem === "too_late") return words.tooLate;
    return problem === "paid_twice" ? words.paidTwice : undefined;
  });
  return [...new Set(sentences)].filter((sentence) => sentence !== undefined);
}

function withoutTickets(
  words: NewsWords,
  { booking: { status, deadlineMs }, language }: TicketFacts,
  { payments }: BookingStory,
): string {
  if (status !== "pending_payment") return words.ended;
  const until = whenText(deadlineMs, language);
  return payments.at(-1)?.status === "failed" ? words.declined(until) : words.unpaid(until);
}
