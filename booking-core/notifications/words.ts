import type { Language } from "../../foundation/language.ts";
import type { RefundReason } from "../refunds/refund.ts";

/** Every sentence of the e-mails about a booking. */
export type Words = {
  readonly ticketsSubject: (event: string) => string;
  readonly ticketsThanks: string;
  readonly ticketsPage: string;
  readonly ticketsCare: string;
  readonly paid: (amount: string, booking: string) => string;
  readonly refundSubject: (event: string) => string;
  readonly refundWhy: Readonly<Record<RefundReason, string>>;
  /** Only where the event takes place. */
  readonly bookAgain: string;
  /** Only where one is valid. */
  readonly firstTicketsStay: string;
  readonly refundedSeats: string;
  readonly byProvider: (amount: string) => string;
  readonly toWallet: (amount: string) => string;
  readonly kept: (amount: string) => string;
  readonly othersStay: string;
  readonly cancelledSubject: (event: string) => string;
  readonly cancelledNews: string;
  readonly cancelledMoney: string;
  readonly booking: (id: string) => string;
  readonly seat: (section: string, row: string, seat: string) => string;
  readonly time: (text: string) => string;
};

const en: Words = {
  ticketsSubject: (event) => `Your tickets for ${event}`,
  ticketsThanks: "Thank you. Your payment has arrived, and these are your tickets.",
  ticketsPage: "Open your tickets",
  ticketsCare: "Keep this e-mail to yourself: who has a ticket's code comes in with it.",
  paid: (amount, booking) => `Paid: ${amount}. Booking: ${booking}`,
  refundSubject: (event) => `Your money for ${event} goes back to you`,
  refundWhy: {
    buyer: "You have given tickets back. They are void now, and this is what you get for them.",
    organiser: "The organiser has taken tickets back. They are void now, and this is what you get for them.",
    event_cancelled: "The event does not take place. Your tickets are void, and your money goes back to you.",
    too_late:
      "Your payment came when the booking could not be paid any more. No tickets were issued for it, and the whole amount goes back to you.",
    paid_twice: "The booking had been paid already. Your second payment goes back to you as a whole.",
    wrong_amount:
      "Your payment was not of the amount that was asked for. No tickets were issued for it, and it goes back to you as a whole.",
  },
  bookAgain: "If seats are still free, you are welcome to book again.",
  firstTicketsStay: "The tickets that you have of the first one stay valid.",
  refundedSeats: "Given back:",
  byProvider: (amount) =>
    `${amount} goes back the way it came. It can take a few days until you see it on your account.`,
  toWallet: (amount) => `${amount} is in your wallet now.`,
  kept: (amount) => `${amount} is kept, as the terms of the sale say.`,
  othersStay: "Your other tickets stay valid.",
  cancelledSubject: (event) => `${event} does not take place`,
  cancelledNews: "We are sorry: this event is cancelled. Your tickets for it are void.",
  cancelledMoney: "What you have paid goes back to you by itself. You need not do anything.",
  booking: (id) => `Booking: ${id}`,
  seat: (section, row, seat) => `${section}, row ${row}, seat ${seat}`,
  time: (text) => `${text} UTC`,
};

const de: Words = {
  ticketsSubject: (event) => `Ihre Karten für ${event}`,
  ticketsThanks: "Vielen Dank. Ihre Zahlung ist angekommen, und das sind Ihre Karten.",
  ticketsPage: "Karten öffnen",
  ticketsCare: "Behalten Sie diese E-Mail für sich: Wer den Code einer Karte hat, kommt damit hinein.",
  paid: (amount, booking) => `Bezahlt: ${amount}. Buchung: ${booking}`,
  refundSubject: (event) => `Sie bekommen Geld zurück für ${event}`,
  refundWhy: {
    buyer:
      "Sie haben Karten zurückgegeben. Sie gelten nicht mehr, und das ist es, was Sie dafür zurückbekommen.",
    organiser:
      "Der Veranstalter hat Karten zurückgenommen. Sie gelten nicht mehr, und das ist es, was Sie dafür zurückbekommen.",
    event_cancelled:
      "Die Veranstaltung findet nicht statt. Ihre Karten gelten nicht mehr, und Sie bekommen Ihr Geld zurück.",
    too_late:
      "Ihre Zahlung kam, als die Buchung nicht mehr bezahlt werden konnte. Dafür wurden keine Karten ausgestellt, und Sie bekommen den ganzen Betrag zurück.",
    paid_twice: "Die Buchung war schon bezahlt. Ihre zweite Zahlung bekommen Sie ganz zurück.",
    wrong_amount:
      "Ihre Zahlung hatte nicht den Betrag, der verlangt war. Dafür wurden keine Karten ausgestellt, und Sie bekommen sie ganz zurück.",
  },
  bookAgain: "Falls noch Plätze frei sind, können Sie gern noch einmal buchen.",
  firstTicketsStay: "Die Karten, die Sie von der ersten haben, gelten weiter.",
  refundedSeats: "Zurückgegeben:",
  byProvider: (amount) =>
    `${amount} gehen auf dem Weg zurück, auf dem sie gekommen sind. Es kann einige Tage dauern, bis Sie sie auf Ihrem Konto sehen.`,
  toWallet: (amount) => `${amount} sind jetzt in Ihrem Guthaben.`,
  kept: (amount) => `${amount} werden nach den Bedingungen des Verkaufs einbehalten.`,
  othersStay: "Ihre anderen Karten gelten weiter.",
  cancelledSubject: (event) => `${event} findet nicht statt`,
  cancelledNews: "Es tut uns leid: Diese Veranstaltung ist abgesagt. Ihre Karten dafür gelten nicht mehr.",
  cancelledMoney: "Was Sie bezahlt haben, bekommen Sie von selbst zurück. Sie müssen nichts tun.",
  booking: (id) => `Buchung: ${id}`,
  seat: (section, row, seat) => `${section}, Reihe ${row}, Platz ${seat}`,
  time: (text) => `${text} UTC`,
};

export const wordsIn: Readonly<Record<Language, Words>> = { en, de };
