import type { BookingId, EventId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { NewBooking } from "./new-booking.ts";

/**
 * Counts the seats of these bookings for their identities, and gives those that would exceed what the event grants:
 * these are not counted and must not be written. No identity may be there twice. Whoever comes at the same time waits
 * for the row, so fifty requests of one buyer are counted one after the other. Bookings that are there already have
 * been counted.
 */
const countText = `
  with wanted as (
    select id, event_id, identity, quantity
      from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[]) as w (id, event_id, identity, quantity)
     where not exists (select from bookings b where b.id = w.id)
  ), counted as (
    insert into identity_seats as held (event_id, identity, seats)
    select w.event_id, w.identity, w.quantity
      from wanted w join events e on e.id = w.event_id
     where w.quantity <= coalesce(e.most_per_identity, w.quantity)
     order by w.event_id, w.identity
    on conflict (event_id, identity) do update set seats = held.seats + excluded.seats
      where held.seats + excluded.seats
            <= coalesce((select most_per_identity from events where id = excluded.event_id), 2147483647)
    returning event_id, identity
  )
  select w.id, c.identity is not null as granted, e.most_per_identity as most
    from wanted w
    join events e on e.id = w.event_id
    left join counted c on c.event_id = w.event_id and c.identity = w.identity`;

/** The refused ones with the most that each may have. */
export type Counted = {
  readonly granted: readonly NewBooking[];
  readonly refused: ReadonlyMap<BookingId, number>;
};

export async function countSeats(sql: Sql, bookings: readonly NewBooking[]): Promise<Counted> {
  const limited = bookings.filter(({ mostPerIdentity }) => mostPerIdentity !== null);
  if (limited.length === 0) return { granted: [], refused: new Map() };
  const { rows } = await sql.query<{ id: BookingId; granted: boolean; most: number | null }>({
    name: "count-identity-seats",
    text: countText,
    values: [
      limited.map(({ id }) => id),
      limited.map(({ eventId }) => eventId),
      limited.map(({ identity }) => identity),
      limited.map(({ quantity }) => quantity),
    ],
  });
  const granted = new Set(rows.filter((row) => row.granted).map(({ id }) => id));
  return {
    granted: limited.filter(({ id }) => granted.has(id)),
    refused: new Map(rows.filter((row) => !row.granted).map(({ id, most }) => [id, most ?? 0])),
  };
}

/**
 * Of bookings that come to life again: gives those that are counted, or need not be. Without those whose identity would
 * have more than the event grants. No identity may be there twice; rows are locked in one order.
 */
export async function countAgain(
  sql: Sql,
  bookings: readonly (Share & { readonly id: BookingId })[],
): Promise<ReadonlySet<BookingId>> {
  const counted = await sql.query<{ id: BookingId }>({
    name: "count-identity-seats-again",
    text: `with wanted as (
       select w.*, e.most_per_identity as most
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[]) as w (id, event_id, identity, quantity)
         join events e on e.id = w.event_id
     ), counted as (
       insert into identity_seats as held (event_id, identity, seats)
       select event_id, identity, quantity from wanted where quantity <= most order by event_id, identity
       on conflict (event_id, identity) do update set seats = held.seats + excluded.seats
         where held.seats + excluded.seats <= (select most_per_identity from events where id = excluded.event_id)
       returning event_id, identity
     )
     select id from wanted where most is null or (event_id, identity) in (select event_id, identity from counted)`,
    values: [
      bookings.map(({ id }) => id),
      bookings.map(({ eventId }) => eventId),
      bookings.map(({ identity }) => identity),
      bookings.map(({ quantity }) => quantity),
    ],
  });
  return new Set(counted.rows.map(({ id }) => id));
}

type Share = { readonly eventId: EventId; readonly identity: string; readonly quantity: number };

/** Of bookings that have ended, given seats back, or were not written after all. Rows are locked in one order. */
export async function discountSeats(sql: Sql, shares: readonly Share[]): Promise<void> {
  if (shares.length === 0) return;
  await sql.query(
    `with ended as (
       select event_id, identity, sum(quantity)::int as quantity
         from unnest($1::uuid[], $2::text[], $3::int[]) as s (event_id, identity, quantity)
        group by event_id, identity
     ), locked as (
       select i.event_id, i.identity, e.quantity
         from identity_seats i join ended e using (event_id, identity)
        order by i.event_id, i.identity for update of i
     )
     update identity_seats i set seats = greatest(0, i.seats - l.quantity)
       from locked l where l.event_id = i.event_id and l.identity = i.identity`,
    [
      shares.map(({ eventId }) => eventId),
      shares.map(({ identity }) => identity),
      shares.map(({ quantity }) => quantity),
    ],
  );
}
