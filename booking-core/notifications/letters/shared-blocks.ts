import { formatMoney, type Money } from "../../../foundation/money.ts";
import type { EmailFacts, EmailSeat, RefundFacts } from "../email-facts.ts";
import type { Block } from "../letter.ts";
import { wordsIn } from "../words.ts";

type Head = Pick<EmailFacts, "language" | "event" | "venue" | "startsAt">;

/** An event has no time zone of its own yet, so its time is told in UTC and says so. */
export function eventBlock({ language, event, venue, startsAt }: Head): Block {
  const format = new Intl.DateTimeFormat(language, {
    dateStyle: "full",
    timeStyle: "short",
    timeZone: "UTC",
  });
  return { kind: "event", title: event, lines: [venue, wordsIn[language].time(format.format(startsAt))] };
}

export function seatsBlock(facts: Pick<EmailFacts, "language">, seats: readonly EmailSeat[]): Block {
  return { kind: "list", items: seats.map((seat) => placeOf(facts, seat)) };
}

function placeOf({ language }: Pick<EmailFacts, "language">, { section, label }: EmailSeat): string {
  return label === null ? section : wordsIn[language].seat(section, label.row, label.seat);
}

export function linkBlock({ language, ticketsUrl }: EmailFacts): Block {
  return { kind: "link", label: wordsIn[language].ticketsPage, url: ticketsUrl };
}

/** How much goes where. */
export function moneyBlocks({ language }: Pick<EmailFacts, "language">, refund: RefundFacts): Block[] {
  const { byProvider, toWallet } = refund;
  const words = wordsIn[language];
  const texts = [
    ...(byProvider.amountMinor > 0n ? [words.byProvider(moneyText(language, byProvider))] : []),
    ...(toWallet.amountMinor > 0n ? [words.toWallet(moneyText(language, toWallet))] : []),
  ];
  return texts.map((text) => ({ kind: "text", text }));
}

export function moneyText(language: EmailFacts["language"], money: Money): string {
  return formatMoney(money, language);
}

export function sumOf(seats: readonly EmailSeat[]): bigint {
  return seats.reduce((sum, { price }) => sum + price.amountMinor, 0n);
}
