import { createSeatEngine } from "../../booking-core/seats/seat-engine.ts";
import { systemClock } from "../../foundation/clock.ts";
import { createLogger } from "../../foundation/log.ts";
import { connectRedis } from "../../foundation/redis/connect.ts";
import type { Site } from "./site.ts";

/** Holds in Redis without a live booking: at rest every hold has ended or belongs to one. */
export async function strayHolds({ cluster, events, pool }: Site): Promise<string[]> {
  const redis = connectRedis(cluster.urls, createLogger("faults", "silent"));
  try {
    const seats = createSeatEngine({ redis, clock: systemClock });
    const sections = events.flatMap((event) => event.sections);
    const held = await Promise.all(sections.map(({ eventId, id }) => seats.holds(eventId, id)));
    const ids = held.flat().map(({ bookingId }) => bookingId);
    const live = await pool.query<{ id: string }>(
      "select id from bookings where id = any($1::uuid[]) and ended_at is null",
      [ids],
    );
    const known = new Set<string>(live.rows.map((row) => row.id));
    return ids
      .filter((id) => !known.has(id))
      .map((id) => `Redis holds seats for ${id}, which is no live booking`);
  } finally {
    redis.disconnect();
  }
}
