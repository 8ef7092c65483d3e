/** The one place that knows how an event for a load test is made. */
import { createEvent, createSeatingPlan, createVenue } from "../../booking-core/events/create-event.ts";
import type { Charge } from "../../booking-core/prices/charge.ts";
import { type EventId, type SectionId, uuidSource } from "../../foundation/ids.ts";
import { createPool, inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { defaultRoom } from "../../queue-admission/room-settings.ts";

/** Sections that are all alike. */
export type EventPlan = {
  readonly sections: number;
  readonly rows: number;
  readonly seatsPerRow: number;
  readonly charges?: readonly Charge[];
};

export type PlannedEvent = {
  readonly eventId: EventId;
  readonly sectionIds: readonly SectionId[];
  readonly seatsPerSection: number;
};

const dayMs = 86_400_000;

export async function createEvents(
  databaseUrl: string,
  plans: readonly EventPlan[],
): Promise<PlannedEvent[]> {
  const pool = createPool(databaseUrl, 2);
  try {
    const events: PlannedEvent[] = [];
    for (const plan of plans) {
      const eventId = await inTransaction(pool, (sql) => insertEvent(sql, plan));
      const found = await pool.query<{ id: SectionId }>(
        "select id from sections where event_id = $1 order by position",
        [eventId],
      );
      const sectionIds = found.rows.map(({ id }) => id);
      events.push({ eventId, sectionIds, seatsPerSection: plan.rows * plan.seatsPerRow });
    }
    return events;
  } finally {
    await pool.end();
  }
}

async function insertEvent(sql: Sql, plan: EventPlan): Promise<EventId> {
  const planned = plannedSections(plan);
  const venueId = await createVenue(sql, uuidSource, { name: "Stadium", city: "Loadville" });
  const offer = {
    category: "standard",
    faceMinor: 4_500n,
    ...(plan.charges && { charges: plan.charges }),
    maxPerBooking: 8,
    salesFromMs: 0,
    salesUntilMs: Date.now() + dayMs,
  };
  return createEvent(sql, uuidSource, {
    venueId,
    seatingPlanId: await createSeatingPlan(sql, uuidSource, { venueId, name: "Stadium", sections: planned }),
    title: "The rush",
    description: "For load tests.",
    startsAtMs: Date.now() + dayMs,
    currency: "EUR",
    paymentWindowMs: 900_000,
    room: { ...defaultRoom, cap: 100, ratePerMinute: 6_000, turnWindowMs: 60_000, passMs: 900_000 },
    sections: planned.map((section) => ({ planned: section, offers: [offer] })),
  });
}

function plannedSections({ sections, rows, seatsPerRow }: EventPlan) {
  const drawn = Array.from({ length: rows }, (_, index) => ({
    label: String(index + 1),
    seats: seatsPerRow,
  }));
  return Array.from(
    { length: sections },
    (_, index) => ({ name: `Section ${index + 1}`, kind: "seated", rows: drawn }) as const,
  );
}
