import { randomBytes } from "node:crypto";
import type { EventId, IdSource, OfferId, SeatingPlanId, SectionId, VenueId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { RoomConfig } from "../rooms/room-config.ts";
import type { Row } from "./event.ts";

/** A section as a seating plan draws it. */
export type PlannedSection =
  | { readonly name: string; readonly kind: "seated"; readonly rows: readonly Row[] }
  | { readonly name: string; readonly kind: "standing"; readonly capacity: number };

export type NewOffer = {
  readonly category: string;
  readonly priceMinor: bigint;
  readonly maxPerBooking: number;
  readonly salesFromMs: number;
  readonly salesUntilMs: number;
};

export type NewEvent = {
  readonly venueId: VenueId;
  readonly seatingPlanId: SeatingPlanId;
  readonly title: string;
  readonly description: string;
  readonly startsAtMs: number;
  readonly currency: string;
  readonly paymentWindowMs: number;
  readonly room: RoomConfig;
  readonly sections: readonly { readonly planned: PlannedSection; readonly offer: NewOffer }[];
};

export async function createVenue(
  sql: Sql,
  ids: IdSource,
  venue: { name: string; city: string },
): Promise<VenueId> {
  const id = ids.next<VenueId>();
  await sql.query("insert into venues (id, name, city) values ($1, $2, $3)", [id, venue.name, venue.city]);
  return id;
}

export async function createSeatingPlan(
  sql: Sql,
  ids: IdSource,
  plan: { venueId: VenueId; name: string; sections: readonly PlannedSection[] },
): Promise<SeatingPlanId> {
  for (const section of plan.sections) assertWithinLimits(section);
  const id = ids.next<SeatingPlanId>();
  const layout = JSON.stringify(plan.sections);
  await sql.query("insert into seating_plans (id, venue_id, name, layout) values ($1, $2, $3, $4)", [
    id,
    plan.venueId,
    plan.name,
    layout,
  ]);
  return id;
}

/** The event with its room, its sections and their offers. To be called in a transaction: all or nothing. */
export async function createEvent(sql: Sql, ids: IdSource, event: NewEvent): Promise<EventId> {
  const eventId = ids.next<EventId>();
  await sql.query(
    `insert into events (id, venue_id, seating_plan_id, title, description, starts_at, status, currency, payment_window_ms)
     values ($1, $2, $3, $4, $5, $6, 'active', $7, $8)`,
    [
      eventId,
      event.venueId,
      event.seatingPlanId,
      event.title,
      event.description,
      new Date(event.startsAtMs),
      event.currency,
      event.paymentWindowMs,
    ],
  );
  await createRoom(sql, eventId, event.room);
  for (const [position, { planned, offer }] of event.sections.entries()) {
    const sectionId = await createSection(sql, ids, eventId, planned, position);
    await createOffer(sql, ids, eventId, sectionId, event.currency, offer);
  }
  return eventId;
}

async function createRoom(sql: Sql, eventId: EventId, settings: RoomConfig): Promise<void> {
  const drawSeed = randomBytes(32).toString("hex");
  await sql.query("insert into rooms (event_id, settings, draw_seed) values ($1, $2, $3)", [
    eventId,
    JSON.stringify(settings),
    drawSeed,
  ]);
}

async function createSection(
  sql: Sql,
  ids: IdSource,
  eventId: EventId,
  planned: PlannedSection,
  position: number,
): Promise<SectionId> {
  assertWithinLimits(planned);
  const id = ids.next<SectionId>();
  const rows = planned.kind === "seated" ? planned.rows : [];
  await sql.query(
    "insert into sections (id, event_id, name, kind, position, capacity, layout) values ($1, $2, $3, $4, $5, $6, $7)",
    [id, eventId, planned.name, planned.kind, position, capacityOf(planned), JSON.stringify(rows)],
  );
  return id;
}

async function createOffer(
  sql: Sql,
  ids: IdSource,
  eventId: EventId,
  sectionId: SectionId,
  currency: string,
  offer: NewOffer,
): Promise<void> {
  await sql.query(
    `insert into offers (id, event_id, section_id, category, price_minor, currency, max_per_booking, sales_from, sales_until)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      ids.next<OfferId>(),
      eventId,
      sectionId,
      offer.category,
      offer.priceMinor,
      currency,
      offer.maxPerBooking,
      new Date(offer.salesFromMs),
      new Date(offer.salesUntilMs),
    ],
  );
}

function capacityOf(section: PlannedSection): number {
  return section.kind === "standing"
    ? section.capacity
    : section.rows.reduce((sum, row) => sum + row.seats, 0);
}

function assertWithinLimits(section: PlannedSection): void {
  const capacity = capacityOf(section);
  if (capacity < 1 || capacity > limits.section.seats)
    throw new Error(`section ${section.name} has ${capacity} seats; 1 to ${limits.section.seats} work`);
  if (section.kind === "standing") return;
  if (section.rows.length > limits.section.rows)
    throw new Error(`section ${section.name} has more than ${limits.section.rows} rows`);
  const wide = section.rows.find((row) => row.seats < 1 || row.seats > limits.section.rowSeats);
  if (wide !== undefined)
    throw new Error(
      `row ${wide.label} of section ${section.name} has ${wide.seats} seats; 1 to ${limits.section.rowSeats} work`,
    );
}
