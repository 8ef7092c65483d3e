/** A row a seat, as one would lay it out who sells seats from Postgres alone. */
import { createPool, type Sql } from "../../../foundation/postgres/pool.ts";

export type SeatsPlan = {
  readonly eventId: string;
  readonly sections: number;
  readonly seatsPerSection: number;
};

const schema = `
  drop table if exists seats, bookings, sections;
  create table sections (
    id int primary key,
    event_id uuid not null,
    name text not null,
    price_minor bigint not null,
    most_per_booking int not null
  );
  create table bookings (
    id uuid primary key,
    event_id uuid not null,
    section_id int not null,
    buyer_id uuid not null,
    buyer_email text not null,
    idempotency_key text not null,
    status text not null,
    quantity int not null,
    seat_numbers int[] not null,
    total_minor bigint not null,
    created_at timestamptz not null,
    deadline timestamptz not null,
    unique (buyer_id, idempotency_key)
  );
  create index bookings_by_deadline on bookings (deadline) where status = 'pending_payment';
  create table seats (
    section_id int not null,
    seat_number int not null,
    booking_id uuid,
    primary key (section_id, seat_number)
  );
  create index seats_free on seats (section_id, seat_number) where booking_id is null;
`;

/** All free, as on the first day; sections are numbered from 1. */
export async function createSeats(databaseUrl: string, plan: SeatsPlan): Promise<void> {
  const pool = createPool(databaseUrl, 1);
  try {
    await pool.query(schema);
    await fill(pool, plan);
    await pool.query("vacuum analyze seats, sections");
    await pool.query("checkpoint");
  } finally {
    await pool.end();
  }
}

async function fill(sql: Sql, { eventId, sections, seatsPerSection }: SeatsPlan): Promise<void> {
  await sql.query(
    `insert into sections (id, event_id, name, price_minor, most_per_booking)
     select id, $1, 'Section ' || id, 4500, 8 from generate_series(1, $2::int) id`,
    [eventId, sections],
  );
  await sql.query(
    `insert into seats (section_id, seat_number)
     select section_id, seat_number
     from generate_series(1, $1::int) section_id, generate_series(0, $2::int) seat_number`,
    [sections, seatsPerSection - 1],
  );
}
