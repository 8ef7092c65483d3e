import type { EventId, OfferId, SeatingPlanId, SectionId, VenueId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { readLine, type StoredLine } from "../prices/charge.ts";
import type { HousePool, Offer, OnsaleEvent, RefundPolicy, SeatMark, Section } from "./event.ts";
import { readLayout, type StoredLayout } from "./layout.ts";

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
  most_per_identity: number | null;
  allows_singles: boolean;
  extension_ms: number;
  pools: HousePool[];
  refund_policy: RefundPolicy | null;
};

type SectionRow = {
  id: SectionId;
  event_id: EventId;
  name: string;
  kind: Section["kind"];
  capacity: number;
  layout: StoredLayout;
  marks: SeatMark[];
};

type OfferRow = {
  id: OfferId;
  section_id: SectionId;
  category: string;
  price_minor: bigint;
  fee_minor: bigint;
  tax_minor: bigint;
  charges: StoredLine[];
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
    `select id, event_id, name, kind, capacity, layout, marks from sections
      where event_id = any($1::uuid[]) order by event_id, position`,
    [events.rows.map(({ id }) => id)],
  );
  const offers = await sql.query<OfferRow>(
    "select * from offers where event_id = any($1::uuid[]) order by section_id, position",
    [events.rows.map(({ id }) => id)],
  );
  const offersOf = Map.groupBy(offers.rows, (row) => row.section_id);
  const sectionsOf = Map.groupBy(sections.rows, (row) => row.event_id);
  return events.rows.map((row) => {
    const rows = sectionsOf.get(row.id) ?? [];
    return toEvent(
      row,
      rows.map((section) => toSection(section, offersOf.get(section.id) ?? [])),
    );
  });
}

function toEvent(row: EventRow, sections: readonly Section[]): OnsaleEvent {
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
    rules: {
      mostPerIdentity: row.most_per_identity,
      allowsSingles: row.allows_singles,
      extensionMs: row.extension_ms,
    },
    refundPolicy: row.refund_policy,
    pools: row.pools,
    sections,
  };
}

function toSection(row: SectionRow, offers: readonly OfferRow[]): Section {
  return {
    id: row.id,
    eventId: row.event_id,
    name: row.name,
    kind: row.kind,
    capacity: row.capacity,
    ...readLayout(row.layout),
    marks: row.marks,
    offers: offers.map(toOffer),
  };
}

function toOffer(row: OfferRow): Offer {
  return {
    id: row.id,
    category: row.category,
    price: { amountMinor: row.price_minor, currency: row.currency },
    feeMinor: row.fee_minor,
    taxMinor: row.tax_minor,
    charges: row.charges.map(readLine),
    maxPerBooking: row.max_per_booking,
    salesFromMs: row.sales_from.getTime(),
    salesUntilMs: row.sales_until.getTime(),
  };
}
