import type { EventId } from "../../foundation/ids.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";

/**
 * Counts the live seats of an event's identities anew. Whoever is counting seats meanwhile waits: under the lock of the
 * table nothing is half counted. May be repeated.
 */
export async function countIdentities(
  { pool }: { readonly pool: Pool },
  { eventId }: { readonly eventId: EventId },
): Promise<void> {
  await inTransaction(pool, async (sql) => {
    await sql.query("lock table identity_seats in share row exclusive mode");
    await sql.query(
      `insert into identity_seats (event_id, identity, seats)
       select event_id, identity, sum(quantity) from bookings
        where event_id = $1 and ended_at is null group by event_id, identity
       on conflict (event_id, identity) do update set seats = excluded.seats`,
      [eventId],
    );
    await sql.query(
      `update identity_seats i set seats = 0 where event_id = $1 and seats > 0 and not exists (
         select from bookings b where b.event_id = i.event_id and b.identity = i.identity and b.ended_at is null)`,
      [eventId],
    );
  });
}
