import type { BookingId } from "../../foundation/ids.ts";

export type Template = "tickets" | "refund" | "event_cancelled";

export type EmailFacts = {
  readonly bookingId: BookingId;
  readonly event: string;
  readonly venue: string;
  readonly startsAt: Date;
  readonly total: string;
  readonly tickets: readonly { readonly place: string }[];
};

export type Email = { readonly subject: string; readonly content: string };

export function renderEmail(template: Template, facts: EmailFacts): Email {
  return template === "tickets" ? renderTickets(facts) : renderRefund(facts);
}

function renderTickets(facts: EmailFacts): Email {
  const tickets = facts.tickets.map(({ place }, index) => `${index + 1}. ${place}`);
  const content = [
    "Thank you. Your payment has arrived, and these are your tickets.",
    headOf(facts),
    tickets.join("\n"),
    `Paid: ${facts.total}. Booking: ${facts.bookingId}`,
    "Show the code at the door. Keep this e-mail to yourself: who has the code comes in.",
  ];
  return { subject: `Your tickets for ${oneLine(facts.event)}`, content: content.join("\n\n") };
}

function renderRefund(facts: EmailFacts): Email {
  const content = [
    `Your payment for booking ${facts.bookingId} came when the booking could not be paid any more. The whole amount (${facts.total}) goes back to you the way it came.`,
    headOf(facts),
    "No tickets were issued for this payment. If seats are still free, you are welcome to book again.",
  ];
  return {
    subject: `Your payment for ${oneLine(facts.event)} goes back to you`,
    content: content.join("\n\n"),
  };
}

/** The code stands alone in a line, so that mail programs and phones find it. */
export function renderCode(code: string): Email {
  const content = [
    "Somebody, hopefully you, wants to show that this address is theirs. Type this code where you were asked for it:",
    code,
    "It is good for ten minutes. Give it to nobody: nobody at Onsale will ever ask you for it. If it was not you, there is nothing to do.",
  ];
  return { subject: "Your code for Onsale", content: content.join("\n\n") };
}

function headOf({ event, venue, startsAt }: EmailFacts): string {
  const when = new Intl.DateTimeFormat("en", {
    dateStyle: "full",
    timeStyle: "short",
    timeZone: "UTC",
  }).format(startsAt);
  return `${oneLine(event)}\n${oneLine(venue)}\n${when} UTC`;
}

/** A line break in a title must not become a line, let alone a header, of the e-mail. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
