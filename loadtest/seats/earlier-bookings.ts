/** The one place that knows how bookings lie in Postgres. */
import { createPool } from "../../foundation/postgres/pool.ts";
import type { PlannedEvent } from "./event-plan.ts";

export const seatsOfEarlier = 2;

/** Paid, of two seats each, in the sections of an earlier event; with the keys in no order, as ours are. */
const fill = `
  with numbered as (
    select gen_random_uuid() as id, count, ($2::uuid[])[1 + count % $3::int] as section_id, count / $3::int as place
    from generate_series(0, $4::int - 1) count
  ), booked as (
    insert into bookings (id, event_id, buyer_id, buyer_email, identity, request_hash, status, quantity, total_minor,
      currency, created_at, deadline)
    select id, $1, gen_random_uuid(), count || '@onsale.example', 'an-identity-of-22-char', 'a-hash-of-22-character',
      'paid', 2, 9000, 'EUR', now() - interval '1 day', now() - interval '23 hours'
    from numbered
  )
  insert into booking_seats (booking_id, section_id, offer_id, price_minor, position, seat_number, live)
  select numbered.id, numbered.section_id, offers.id, 4500, seat.position, place * 2 + seat.position, true
  from numbered join offers on offers.section_id = numbered.section_id, generate_series(0, 1) seat (position)`;

export async function fillEarlier(databaseUrl: string, event: PlannedEvent, count: number): Promise<void> {
  const pool = createPool(databaseUrl, 1, { isPatient: true });
  try {
    const { eventId, sectionIds } = event;
    await pool.query(fill, [eventId, sectionIds, sectionIds.length, count]);
    await pool.query("update events set status = 'inactive' where id = $1", [eventId]);
    // What a server does by itself after a while is not to fall into what is measured.
    await pool.query("vacuum analyze");
    await pool.query("checkpoint");
  } finally {
    await pool.end();
  }
}
