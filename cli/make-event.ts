import { createEvent, createSeatingPlan, createVenue } from "../booking-core/events/create-event.ts";
import { type AuditedParts, writeAudit } from "../booking-core/rooms/audit.ts";
import type { EventId, VenueId } from "../foundation/ids.ts";
import { inTransaction, type Sql } from "../foundation/postgres/pool.ts";
import type { EventToMake } from "./event-file/read-event-file.ts";

export type MakeOutcome = { readonly outcome: "made" | "there_already"; readonly eventId: EventId };

/** Who has the database may do it; the audit log says that it came from here. */
const actor = { id: null, email: "command line" };

/**
 * Venue, seating plan, event and audit entry, or nothing. One at a time, so that a file that is given twice does not sell
 * the same chairs twice.
 */
export function makeEvent(parts: AuditedParts, event: EventToMake): Promise<MakeOutcome> {
  return inTransaction(parts.pool, async (sql) => {
    await sql.query("select pg_advisory_xact_lock(hashtextextended('make event', 0))");
    const known = await findSame(sql, event);
    if (known !== undefined) return { outcome: "there_already", eventId: known };
    const eventId = await insertAll(sql, parts, event);
    await writeAudit(parts, sql, {
      ...{ eventId, actor, action: "event_created", before: null, after: auditOf(event) },
    });
    return { outcome: "made", eventId };
  });
}

/** One that does not take place any more is no obstacle. */
async function findSame(sql: Sql, { venue, title, startsAtMs }: EventToMake): Promise<EventId | undefined> {
  const found = await sql.query<{ id: EventId }>(
    `select e.id from events e join venues v on v.id = e.venue_id
      where v.name = $1 and v.city = $2 and e.title = $3 and e.starts_at = $4 and e.status <> 'cancelled'
      limit 1`,
    [venue.name, venue.city, title, new Date(startsAtMs)],
  );
  return found.rows[0]?.id;
}

async function insertAll(sql: Sql, { ids }: AuditedParts, event: EventToMake): Promise<EventId> {
  const { venue, seatingPlan, ...same } = event;
  const venueId = (await findVenue(sql, venue)) ?? (await createVenue(sql, ids, venue));
  const sections = event.sections.map(({ planned }) => planned);
  const seatingPlanId = await createSeatingPlan(sql, ids, { venueId, name: seatingPlan, sections });
  return createEvent(sql, ids, { ...same, venueId, seatingPlanId });
}

async function findVenue(sql: Sql, { name, city }: EventToMake["venue"]): Promise<VenueId | undefined> {
  const found = await sql.query<{ id: VenueId }>(
    "select id from venues where name = $1 and city = $2 order by id limit 1",
    [name, city],
  );
  return found.rows[0]?.id;
}

/** Prices as the file has them, without the codes of its pools. */
function auditOf({ venue, title, startsAtMs, currency, sections }: EventToMake) {
  return {
    ...{ title, venue, startsAtMs, currency },
    sections: sections.map(({ planned: { name, kind }, offers }) => ({
      ...{ name, kind },
      offers: offers.map(({ category, faceMinor }) => ({ category, faceMinor: Number(faceMinor) })),
    })),
  };
}
