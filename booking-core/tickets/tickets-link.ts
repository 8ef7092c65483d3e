import type { BookingId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Tokens } from "../../foundation/tokens.ts";

export type TicketsLinks = {
  /** For e-mails. */
  ticketsLink(booking: { id: BookingId; startsAtMs: number }): string;
  /**
   * Where a payment provider sends the buyer back to. It is the same whenever the provider is asked: with another one
   * under the same idempotency key it would refuse. It ends early, because the provider keeps it.
   */
  returnLink(booking: { id: BookingId; createdAtMs: number }): string;
};

/** Links to the page of a booking's tickets: who has one needs no account. */
export function createTicketsLinks(tokens: Pick<Tokens, "sign">, publicUrl: string): TicketsLinks {
  const base = publicUrl.replace(/\/+$/, "");
  const linkTo = (bookingId: BookingId, endsAtMs: number, issuedAtMs?: number) =>
    `${base}/tickets/${tokens.sign("tickets", { bookingId }, endsAtMs, issuedAtMs)}`;
  return {
    ticketsLink: ({ id, startsAtMs }) => linkTo(id, startsAtMs + limits.tickets.linkMs),
    returnLink: ({ id, createdAtMs }) => linkTo(id, createdAtMs + limits.tickets.returnLinkMs, createdAtMs),
  };
}
