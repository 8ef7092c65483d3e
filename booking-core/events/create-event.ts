import { randomBytes } from "node:crypto";
import { isCurrency } from "../../foundation/currencies.ts";
import type { EventId, IdSource, OfferId, SeatingPlanId, SectionId, VenueId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { type Charge, storeLine } from "../prices/charge.ts";
import { priceOf } from "../prices/price-of.ts";
import type { RoomConfig } from "../rooms/room-config.ts";
import type { BuyingRules, HousePool, RefundPolicy } from "./event.ts";
import { storeLayout } from "./layout.ts";
import { compileSection, type PlannedSection } from "./plan.ts";

export type NewOffer = {
  readonly category: string;
  /** What a seat costs without the charges that come on top. */
  readonly faceMinor: bigint;
  readonly charges?: readonly Charge[];
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
  readonly rules?: Partial<BuyingRules>;
  /** Without one, or null, buyers may not give tickets back. */
  readonly refundPolicy?: RefundPolicy | null;
  readonly pools?: readonly HousePool[];
  readonly room: RoomConfig;
  readonly sections: readonly { readonly planned: PlannedSection; readonly offers: readonly NewOffer[] }[];
};

const freeRules: BuyingRules = { mostPerIdentity: null, allowsSingles: true, extensionMs: 0 };

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
  const id = ids.next<SeatingPlanId>();
  await sql.query("insert into seating_plans (id, venue_id, name, layout) values ($1, $2, $3, $4)", [
    id,
    plan.venueId,
    plan.name,
    JSON.stringify(plan.sections),
  ]);
  return id;
}

/** The event with its room, its sections and their offers. To be called in a transaction: all or nothing. */
export async function createEvent(sql: Sql, ids: IdSource, event: NewEvent): Promise<EventId> {
  if (!isCurrency(event.currency)) throw new Error(`${event.currency} is no currency`);
  const eventId = ids.next<EventId>();
  await insertEvent(sql, eventId, event);
  await createRoom(sql, eventId, event.room);
  for (const [position, { planned, offers }] of event.sections.entries()) {
    const sectionId = await createSection(sql, ids, { eventId, position, planned, offers });
    for (const [place, offer] of offers.entries())
      await createOffer(sql, ids, { eventId, sectionId, position: place, currency: event.currency, offer });
  }
  return eventId;
}

async function insertEvent(sql: Sql, eventId: EventId, event: NewEvent): Promise<void> {
  const rules = { ...freeRules, ...event.rules };
  await sql.query(
    `insert into events (id, venue_id, seating_plan_id, title, description, starts_at, status, currency,
       payment_window_ms, most_per_identity, allows_singles, extension_ms, pools, refund_policy)
     values ($1, $2, $3, $4, $5, $6, 'active', $7, $8, $9, $10, $11, $12, $13)`,
    [
      eventId,
      event.venueId,
      event.seatingPlanId,
      event.title,
      event.description,
      new Date(event.startsAtMs),
      event.currency,
      event.paymentWindowMs,
      rules.mostPerIdentity,
      rules.allowsSingles,
      rules.extensionMs,
      JSON.stringify(event.pools ?? []),
      event.refundPolicy ? JSON.stringify(event.refundPolicy) : null,
    ],
  );
}

async function createRoom(sql: Sql, eventId: EventId, settings: RoomConfig): Promise<void> {
  const drawSeed = randomBytes(32).toString("hex");
  await sql.query("insert into rooms (event_id, settings, draw_seed) values ($1, $2, $3)", [
    eventId,
    JSON.stringify(settings),
    drawSeed,
  ]);
}

type NewSection = {
  readonly eventId: EventId;
  readonly position: number;
  readonly planned: PlannedSection;
  readonly offers: readonly NewOffer[];
};

async function createSection(
  sql: Sql,
  ids: IdSource,
  { eventId, position, planned, offers }: NewSection,
): Promise<SectionId> {
  const { capacity, layout, marks } = compileSection(
    planned,
    offers.map(({ category }) => category),
  );
  const id = ids.next<SectionId>();
  await sql.query(
    `insert into sections (id, event_id, name, kind, position, capacity, layout, marks)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      id,
      eventId,
      planned.name,
      planned.kind,
      position,
      capacity,
      JSON.stringify(storeLayout(layout)),
      JSON.stringify(marks),
    ],
  );
  return id;
}

type OfferOfSection = {
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  readonly position: number;
  readonly currency: string;
  readonly offer: NewOffer;
};

async function createOffer(
  sql: Sql,
  ids: IdSource,
  { eventId, sectionId, position, currency, offer }: OfferOfSection,
): Promise<void> {
  const { priceMinor, feeMinor, taxMinor, lines } = priceOf(offer.faceMinor, offer.charges ?? []);
  await sql.query(
    `insert into offers (id, event_id, section_id, position, category, face_minor, price_minor, fee_minor, tax_minor,
       charges, currency, max_per_booking, sales_from, sales_until)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      ids.next<OfferId>(),
      eventId,
      sectionId,
      position,
      offer.category,
      offer.faceMinor,
      priceMinor,
      feeMinor,
      taxMinor,
      JSON.stringify(lines.map(storeLine)),
      currency,
      offer.maxPerBooking,
      new Date(offer.salesFromMs),
      new Date(offer.salesUntilMs),
    ],
  );
}
