import type { BookingId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Tokens } from "../../foundation/tokens.ts";

export type TicketsLinks = { ticketsLink(booking: { id: BookingId; startsAtMs: number }): string };

/** Links to the page of a booking's tickets, for e-mails: who has one needs no account. */
export function createTicketsLinks(tokens: Pick<Tokens, "sign">, publicUrl: string): TicketsLinks {
  const base = publicUrl.replace(/\/+$/, "");
  return {
    ticketsLink({ id, startsAtMs }) {
      const token = tokens.sign("tickets", { bookingId: id }, startsAtMs + limits.tickets.linkMs);
      return `${base}/tickets/${token}`;
    },
  };
}
