import { createEvent, createSeatingPlan, createVenue } from "../../booking-core/events/create-event.ts";
import { type EventId, uuidSource } from "../../foundation/ids.ts";
import { createPool, inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import type { RoomSettings } from "../../queue-admission/room-settings.ts";

const capacity = 60_000;
const dayMs = 86_400_000;

/** An event of one standing section, large enough that nothing is sold out. */
export async function createRoomEvent(
  databaseUrl: string,
  room: RoomSettings,
): Promise<{ eventId: EventId; sectionId: string }> {
  const pool = createPool(databaseUrl, 2);
  try {
    const eventId = await inTransaction(pool, (sql) => insertEvent(sql, room));
    const found = await pool.query<{ id: string }>("select id from sections where event_id = $1", [eventId]);
    return { eventId, sectionId: found.rows[0]?.id ?? "" };
  } finally {
    await pool.end();
  }
}

/** As operators do it: what stands only in Redis is written over by what stands here. */
export async function storeRoom(databaseUrl: string, eventId: EventId, room: RoomSettings): Promise<void> {
  const pool = createPool(databaseUrl, 1);
  try {
    await pool.query("update rooms set settings = $2 where event_id = $1", [eventId, JSON.stringify(room)]);
  } finally {
    await pool.end();
  }
}

async function insertEvent(sql: Sql, room: RoomSettings): Promise<EventId> {
  const planned = { name: "Field", kind: "standing", capacity } as const;
  const venueId = await createVenue(sql, uuidSource, { name: "Stadium", city: "Loadville" });
  const plan = { venueId, name: "Stadium", sections: [planned] };
  const offer = {
    category: "standard",
    faceMinor: 4_500n,
    maxPerBooking: 8,
    salesFromMs: 0,
    salesUntilMs: Date.now() + dayMs,
  };
  return createEvent(sql, uuidSource, {
    venueId,
    seatingPlanId: await createSeatingPlan(sql, uuidSource, plan),
    title: "The long line",
    description: "For load tests.",
    startsAtMs: Date.now() + dayMs,
    currency: "EUR",
    paymentWindowMs: 900_000,
    room,
    sections: [{ planned, offers: [offer] }],
  });
}
