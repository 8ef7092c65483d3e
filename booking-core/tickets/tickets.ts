import type { BookingId, BuyerId, EventId, SectionId, TicketId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { readLayout, type SeatLabel, type StoredLayout, seatLabel } from "../events/layout.ts";

export type Ticket = {
  readonly id: TicketId;
  readonly bookingId: BookingId;
  readonly event: { readonly id: EventId; readonly title: string; readonly startsAtMs: number };
  readonly section: { readonly id: SectionId; readonly name: string };
  readonly position: number;
  /** Nothing in a standing section. */
  readonly seatNumber: number | null;
  readonly label: SeatLabel | null;
  readonly code: string;
  readonly status: "valid" | "used" | "refunded";
  readonly issuedAtMs: number;
};

/** Only the buyer's own. */
export type Tickets = { find(buyerId: BuyerId, ticketId: TicketId): Promise<Ticket | undefined> };

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
  code: string;
  status: Ticket["status"];
  issued_at: Date;
};

export function createTickets({ pool }: { pool: Pool }): Tickets {
  return {
    async find(buyerId, ticketId) {
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
      return row === undefined ? undefined : toTicket(row);
    },
  };
}

function toTicket(row: TicketRow): Ticket {
  return {
    id: row.id,
    bookingId: row.booking_id,
    event: { id: row.event_id, title: row.title, startsAtMs: row.starts_at.getTime() },
    section: { id: row.section_id, name: row.section_name },
    position: row.position,
    seatNumber: row.seat_number,
    label: row.seat_number === null ? null : seatLabel(readLayout(row.layout), row.seat_number),
    code: row.code,
    status: row.status,
    issuedAtMs: row.issued_at.getTime(),
  };
}
