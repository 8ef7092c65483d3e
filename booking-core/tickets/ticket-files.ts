import type { BookingId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { TicketDrawing } from "./ticket-drawing.ts";
import { readTicketFacts, type TicketFacts } from "./ticket-facts.ts";
import type { TicketKeys } from "./ticket-keys.ts";

export type TicketFile = {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
};

export type TicketFiles = (
  bookingId: BookingId,
  language: TicketFacts["language"],
) => Promise<readonly TicketFile[]>;

/** What an e-mail carries of a booking's tickets: nothing where none is valid. */
export function createTicketFiles(parts: {
  readonly pool: Pool;
  readonly keys: Pick<TicketKeys, "signer">;
  readonly drawing: Pick<TicketDrawing, "pdf">;
}): TicketFiles {
  return async (bookingId, language) => {
    const facts = await readTicketFacts(parts.pool, await parts.keys.signer(), bookingId);
    if (facts === undefined || facts.tickets.every(({ status }) => status !== "valid")) return [];
    const content = await parts.drawing.pdf({ ...facts, language });
    if (content === "busy") throw new Error("more PDFs of tickets are asked for than are drawn");
    return [{ filename: "tickets.pdf", contentType: "application/pdf", content }];
  };
}
