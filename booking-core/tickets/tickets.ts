import type { BookingId, BuyerId, EventId, SectionId, TicketId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { readLayout, type SeatLabel, type StoredLayout, seatLabel } from "../events/layout.ts";
import { readTicketFacts, type TicketFacts, type TicketUse } from "./ticket-facts.ts";
import type { CodeSigner, TicketKeys } from "./ticket-keys.ts";

export type Ticket = {
  readonly id: TicketId;
  readonly bookingId: BookingId;
  readonly event: { readonly id: EventId; readonly title: string; readonly startsAtMs: number };
  readonly section: { readonly id: SectionId; readonly name: string };
  readonly position: number;
  /** Nothing in a standing section. */
  readonly seatNumber: number | null;
  readonly label: SeatLabel | null;
  /** Counts the codes that it has had before. */
  readonly issue: number;
  /** What the door reads, signed for whoever asks; nothing where the ticket lets nobody in. */
  readonly code: string | null;
  readonly status: "valid" | "used" | "refunded";
  readonly used: TicketUse | null;
  readonly issuedAtMs: number;
};

export type Reissued =
  | { readonly outcome: "reissued"; readonly ticket: Ticket }
  | { readonly outcome: "not_found" | "ticket_not_valid" | "reissues_used" };

export type Tickets = {
  /** Only the buyer's own. */
  find(buyerId: BuyerId, ticketId: TicketId): Promise<Ticket | undefined>;
  /** A new code instead of that of this issue, which the door then refuses. The same again changes nothing more. */
  reissue(buyerId: BuyerId, ticketId: TicketId, issue: number): Promise<Reissued>;
  /** Of the buyer's own booking, or of any where the caller has shown that it may. */
  facts(bookingId: BookingId, buyerId?: BuyerId): Promise<TicketFacts | undefined>;
};

type TicketRow = {
  id: TicketId;
  booking_id: BookingId;
  event_id: EventId;
  title: string;
  starts_at: Date;
  section_id: SectionId;
  section_name: string;
  layout: StoredLayout;
  position: number;
  seat_number: number | null;
  issue: number;
  status: Ticket["status"];
  issued_at: Date;
  used_at: Date | null;
  used_door: string | null;
};

export function createTickets({ pool, keys }: { pool: Pool; keys: Pick<TicketKeys, "signer"> }): Tickets {
  const find = async (buyerId: BuyerId, ticketId: TicketId): Promise<Ticket | undefined> => {
    const found = await pool.query<TicketRow>(
      `select t.*, e.title, e.starts_at, s.name as section_name, s.layout
         from tickets t
         join bookings b on b.id = t.booking_id
         join events e on e.id = t.event_id
         join sections s on s.id = t.section_id
        where t.id = $1 and b.buyer_id = $2`,
      [ticketId, buyerId],
    );
    const [row] = found.rows;
    return row && toTicket(row, await keys.signer());
  };
  return {
    find,
    async reissue(buyerId, ticketId, issue) {
      await pool.query(
        `update tickets t set issue = t.issue + 1 from bookings b
          where t.id = $1 and b.id = t.booking_id and b.buyer_id = $2
            and t.status = 'valid' and t.issue = $3 and t.issue < $4`,
        [ticketId, buyerId, issue, limits.tickets.issuesMost],
      );
      const ticket = await find(buyerId, ticketId);
      return reissued(ticket, issue);
    },
    async facts(bookingId, buyerId) {
      if (buyerId !== undefined && !(await isOf(pool, bookingId, buyerId))) return undefined;
      return readTicketFacts(pool, await keys.signer(), bookingId);
    },
  };
}

/** Told from what is there now, so that the same request again hears the same. */
function reissued(ticket: Ticket | undefined, lost: number): Reissued {
  if (ticket === undefined || ticket.issue < lost) return { outcome: "not_found" };
  if (ticket.issue > lost) return { outcome: "reissued", ticket };
  return { outcome: ticket.status === "valid" ? "reissues_used" : "ticket_not_valid" };
}

async function isOf(pool: Pool, bookingId: BookingId, buyerId: BuyerId): Promise<boolean> {
  const found = await pool.query("select from bookings where id = $1 and buyer_id = $2", [
    bookingId,
    buyerId,
  ]);
  return found.rowCount === 1;
}

function toTicket(row: TicketRow, sign: CodeSigner): Ticket {
  const { id, event_id: eventId, issue, status, used_at: usedAt } = row;
  return {
    id,
    bookingId: row.booking_id,
    event: { id: eventId, title: row.title, startsAtMs: row.starts_at.getTime() },
    section: { id: row.section_id, name: row.section_name },
    position: row.position,
    seatNumber: row.seat_number,
    label: row.seat_number === null ? null : seatLabel(readLayout(row.layout), row.seat_number),
    issue,
    code: status === "refunded" ? null : sign({ eventId, ticketId: id, issue }),
    status,
    used: usedAt === null ? null : { atMs: usedAt.getTime(), door: row.used_door ?? "" },
    issuedAtMs: row.issued_at.getTime(),
  };
}
