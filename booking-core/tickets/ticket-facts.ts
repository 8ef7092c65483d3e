import type { BookingId, EventId, SectionId, TicketId } from "../../foundation/ids.ts";
import type { Language } from "../../foundation/language.ts";
import type { Money } from "../../foundation/money.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { BookingStatus } from "../bookings/booking.ts";
import { readLayout, type SeatLabel, type StoredLayout, seatLabel } from "../events/layout.ts";
import type { CodeSigner } from "./ticket-keys.ts";

/** All that a page or a PDF of a booking's tickets says. */
export type TicketFacts = {
  readonly bookingId: BookingId;
  readonly booking: { readonly status: BookingStatus; readonly deadlineMs: number };
  readonly language: Language;
  readonly event: { readonly id: EventId; readonly title: string; readonly startsAtMs: number };
  readonly venue: { readonly name: string; readonly city: string };
  readonly tickets: readonly TicketFact[];
};

export type TicketFact = {
  readonly id: TicketId;
  readonly status: "valid" | "used" | "refunded";
  readonly section: string;
  /** Nothing in a standing section. */
  readonly label: SeatLabel | null;
  readonly price: Money;
  readonly issuedAtMs: number;
  readonly used: TicketUse | null;
  /** What the door reads; nothing where the ticket lets nobody in. */
  readonly code: string | null;
};

export type TicketUse = { readonly atMs: number; readonly door: string };

type FactRow = {
  status: BookingStatus;
  deadline: Date;
  language: Language | null;
  event_id: EventId;
  title: string;
  starts_at: Date;
  venue: string;
  city: string;
  currency: string;
  sections: { id: SectionId; name: string; layout: StoredLayout }[] | null;
  tickets: StoredTicket[] | null;
};
type StoredTicket = {
  id: TicketId;
  status: TicketFact["status"];
  issue: number;
  sectionId: SectionId;
  seatNumber: number | null;
  priceMinor: string;
  issuedAtMs: number;
  usedAtMs: number | null;
  usedDoor: string | null;
};

/** Nothing where there is no such booking; one that is not paid has no tickets. */
export async function readTicketFacts(
  sql: Sql,
  sign: CodeSigner,
  bookingId: BookingId,
): Promise<TicketFacts | undefined> {
  const found = await sql.query<FactRow>(factsQuery, [bookingId]);
  const [row] = found.rows;
  if (row === undefined) return undefined;
  const sections = new Map((row.sections ?? []).map(({ id, ...section }) => [id, section]));
  return {
    bookingId,
    booking: { status: row.status, deadlineMs: row.deadline.getTime() },
    language: row.language ?? "en",
    event: { id: row.event_id, title: row.title, startsAtMs: row.starts_at.getTime() },
    venue: { name: row.venue, city: row.city },
    tickets: (row.tickets ?? []).map((ticket) => factOf(row, sections, ticket, sign)),
  };
}

const factsQuery = `
  select b.status, b.deadline, b.event_id, e.title, e.starts_at, v.name as venue, v.city, b.currency,
         (select language from payments where booking_id = b.id order by created_at desc limit 1) as language,
         (select json_agg(json_build_object('id', s.id, 'name', s.name, 'layout', s.layout))
            from sections s where s.id in (select section_id from tickets where booking_id = b.id)) as sections,
         (select json_agg(json_build_object('id', t.id, 'status', t.status, 'issue', t.issue, 'sectionId', t.section_id,
                   'seatNumber', t.seat_number, 'priceMinor', bs.price_minor::text,
                   'issuedAtMs', floor(extract(epoch from t.issued_at) * 1000),
                   'usedAtMs', floor(extract(epoch from t.used_at) * 1000), 'usedDoor', t.used_door) order by t.position)
            from tickets t join booking_seats bs on bs.booking_id = t.booking_id and bs.position = t.position
           where t.booking_id = b.id) as tickets
    from bookings b
    join events e on e.id = b.event_id
    join venues v on v.id = e.venue_id
   where b.id = $1`;

function factOf(
  { event_id: eventId, currency }: FactRow,
  sections: ReadonlyMap<SectionId, { name: string; layout: StoredLayout }>,
  ticket: StoredTicket,
  sign: CodeSigner,
): TicketFact {
  const { id, status, issue, seatNumber, issuedAtMs, usedAtMs, usedDoor } = ticket;
  const section = sections.get(ticket.sectionId);
  if (section === undefined) throw new Error(`there is no section ${ticket.sectionId}`);
  return {
    id,
    status,
    section: section.name,
    label: seatNumber === null ? null : seatLabel(readLayout(section.layout), seatNumber),
    price: { amountMinor: BigInt(ticket.priceMinor), currency },
    issuedAtMs,
    used: usedAtMs === null ? null : { atMs: usedAtMs, door: usedDoor ?? "" },
    code: status === "refunded" ? null : sign({ eventId, ticketId: id, issue }),
  };
}
