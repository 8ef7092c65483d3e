import type { EventId, OfferId, SeatingPlanId, SectionId, VenueId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { OnsaleEvent, Row, Section } from "./event.ts";

type EventRow = {
  id: EventId;
  title: string;
  description: string;
  venue_id: VenueId;
  venue_name: string;
  venue_city: string;
  seating_plan_id: SeatingPlanId;
  starts_at: Date;
  status: OnsaleEvent["status"];
  currency: string;
  payment_window_ms: number;
};

type SectionRow = {
  id: SectionId;
  event_id: EventId;
  name: string;
  kind: Section["kind"];
  capacity: number;
  layout: Row[];
  offer_id: OfferId;
  category: string;
  price_minor: bigint;
  currency: string;
  max_per_booking: number;
  sales_from: Date;
  sales_until: Date;
};

/** All events that are not hidden, or this one, with their sections in the plan's order. */
export async function readEvents(sql: Sql, eventId: EventId | null = null): Promise<OnsaleEvent[]> {
  const events = await sql.query<EventRow>(
    `select e.*, v.name as venue_name, v.city as venue_city
       from events e join venues v on v.id = e.venue_id
      where e.status <> 'inactive' and ($1::uuid is null or e.id = $1) order by e.starts_at, e.id`,
    [eventId],
  );
  // Afterwards, never at the same time: an event is made with its sections, so they are there if it was.
  const sections = await sql.query<SectionRow>(
    `select s.*, o.id as offer_id, o.category, o.price_minor, o.currency, o.max_per_booking, o.sales_from, o.sales_until
       from sections s join offers o on o.section_id = s.id
      where s.event_id = any($1::uuid[]) order by s.event_id, s.position`,
    [events.rows.map(({ id }) => id)],
  );
  const byEvent = Map.groupBy(sections.rows, (row) => row.event_id);
  return events.rows.map((row) => toEvent(row, byEvent.get(row.id) ?? []));
}

function toEvent(row: EventRow, sections: readonly SectionRow[]): OnsaleEvent {
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    venue: { id: row.venue_id, name: row.venue_name, city: row.venue_city },
    seatingPlanId: row.seating_plan_id,
    startsAtMs: row.starts_at.getTime(),
    status: row.status,
    currency: row.currency,
    paymentWindowMs: row.payment_window_ms,
    sections: sections.map(toSection),
  };
}

function toSection(row: SectionRow): Section {
  return {
    id: row.id,
    eventId: row.event_id,
    name: row.name,
    kind: row.kind,
    capacity: row.capacity,
    rows: row.layout,
    offer: {
      id: row.offer_id,
      category: row.category,
      price: { amountMinor: row.price_minor, currency: row.currency },
      maxPerBooking: row.max_per_booking,
      salesFromMs: row.sales_from.getTime(),
      salesUntilMs: row.sales_until.getTime(),
    },
  };
}
