import { createEvent, createSeatingPlan, createVenue } from "../../booking-core/events/create-event.ts";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import type { PlannedSection } from "../../booking-core/events/plan.ts";
import { readEvents } from "../../booking-core/events/read-events.ts";
import { type EventId, uuidSource } from "../../foundation/ids.ts";
import { inTransaction, type Pool, type Sql } from "../../foundation/postgres/pool.ts";
import { defaultRoom } from "../../queue-admission/room-settings.ts";

/** Short, so that abandoned seats come back while the faults go on. One of the events lets its buyers put them off. */
const windows = [
  { paymentWindowMs: 6_000, extensionMs: 4_000 },
  { paymentWindowMs: 10_000, extensionMs: 0 },
];

/** Two events of small sections: buyers meet each other, and much is sold out before the end. */
export async function putOnSale(pool: Pool, scale: number): Promise<OnsaleEvent[]> {
  for (const window of windows)
    await inTransaction(pool, (sql) => insertEvent(sql, window, sectionsOf(scale)));
  return readEvents(pool);
}

function sectionsOf(scale: number): PlannedSection[] {
  const seated = (name: string, rows: number, seats: number): PlannedSection => ({
    name,
    kind: "seated",
    rows: Array.from({ length: rows }, (_, index) => ({ label: String(index + 1), seats, centre: 0 })),
  });
  return [
    seated("box", 3, 10),
    seated("stalls", 10 * scale, 20),
    { name: "floor", kind: "standing", capacity: 150 * scale },
    // Nobody shops here before the faults are over: where whoever comes afterwards surely finds seats.
    seated("kept back", 2, 10),
  ];
}

async function insertEvent(
  sql: Sql,
  { paymentWindowMs, extensionMs }: (typeof windows)[number],
  sections: readonly PlannedSection[],
): Promise<EventId> {
  const venueId = await createVenue(sql, uuidSource, { name: "Hall of faults", city: "Testville" });
  const salesUntilMs = Date.now() + 86_000_000;
  const offer = { category: "standard", faceMinor: 4_500n, maxPerBooking: 8, salesFromMs: 0, salesUntilMs };
  return createEvent(sql, uuidSource, {
    venueId,
    seatingPlanId: await createSeatingPlan(sql, uuidSource, { venueId, name: "plan", sections }),
    title: "Sold through faults",
    description: "For a test.",
    startsAtMs: Date.now() + 86_400_000,
    currency: "EUR",
    paymentWindowMs,
    rules: { extensionMs },
    room: {
      ...defaultRoom,
      draw: false,
      cap: 100_000,
      ratePerMinute: 600_000,
      turnWindowMs: 60_000,
      absenceGraceMs: 2_000,
    },
    sections: sections.map((planned) => ({ planned, offers: [offer] })),
  });
}
