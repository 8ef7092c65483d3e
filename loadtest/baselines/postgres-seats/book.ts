/** One transaction a booking, whose unique key lets a request be repeated. */
import { randomUUID } from "node:crypto";
import { type Connection, inTransaction, type Pool } from "../../../foundation/postgres/pool.ts";

/**
 * How two buyers are kept from the same seat. `skip-locked`: rows that another has locked are passed by.
 * `row-locks`: they wait for each other. `one-statement`: as the first, but without a word between the parts.
 */
export const lockings = ["skip-locked", "row-locks", "one-statement"] as const;
export type Locking = (typeof lockings)[number];

export type Wanted = {
  readonly eventId: string;
  readonly sectionId: number;
  readonly quantity: number;
  readonly buyerId: string;
  readonly email: string;
  readonly idempotencyKey: string;
};

export type Booked = {
  readonly id: string;
  readonly seatNumbers: readonly number[];
  readonly totalMinor: number;
  readonly deadlineMs: number;
  readonly fresh: boolean;
};

class NotNow extends Error {}

const priceMinor = 4_500;
const paymentWindowMs = 900_000;
const uniqueViolation = "23505";

const bookingColumns = `bookings (id, event_id, section_id, buyer_id, buyer_email, idempotency_key, quantity,
  total_minor, deadline, status, created_at, seat_numbers)`;
const bookingValues =
  "$1::uuid, $2::uuid, $3::int, $4::uuid, $5, $6, $7::int, $8, $9, 'pending_payment', now()";

const lockSection = "select id from sections where id = $1 for update";
const freeSeats = `
  select seat_number from seats where section_id = $1 and booking_id is null
  order by seat_number limit $2 for update`;
const takeSeats = "update seats set booking_id = $1 where section_id = $2 and seat_number = any($3)";
const insertBooking = `
  insert into ${bookingColumns} values (${bookingValues}, $10)
  on conflict (buyer_id, idempotency_key) do nothing`;
const findEarlier = `
  select id, seat_numbers, total_minor::int as total, deadline from bookings
  where buyer_id = $1 and idempotency_key = $2`;

const allAtOnce = `
  with free as materialized (
    select seat_number from seats where section_id = $3 and booking_id is null
    order by seat_number limit $7 for update skip locked
  ), taken as (
    update seats set booking_id = $1 from free
    where seats.section_id = $3 and seats.seat_number = free.seat_number and (select count(*) from free) = $7
    returning seats.seat_number
  )
  insert into ${bookingColumns}
  select ${bookingValues}, array_agg(seat_number) from taken having count(*) > 0
  returning seat_numbers`;

/** Nothing where not enough seats are free. */
export async function book(pool: Pool, locking: Locking, wanted: Wanted): Promise<Booked | undefined> {
  const fresh = { id: randomUUID(), totalMinor: priceMinor * wanted.quantity, fresh: true };
  const deadlineMs = Date.now() + paymentWindowMs;
  const { eventId, sectionId, buyerId, email, idempotencyKey, quantity } = wanted;
  const ids = [fresh.id, eventId, sectionId, buyerId, email, idempotencyKey];
  const values = [...ids, quantity, fresh.totalMinor, new Date(deadlineMs)];
  const seatNumbers =
    locking === "one-statement"
      ? await bookAtOnce(pool, values)
      : await bookInSteps(pool, locking, wanted, values);
  return seatNumbers === undefined ? earlier(pool, wanted) : { ...fresh, deadlineMs, seatNumbers };
}

type Steps = Exclude<Locking, "one-statement">;
type Values = readonly unknown[];

async function bookInSteps(
  pool: Pool,
  locking: Steps,
  { sectionId, quantity }: Wanted,
  values: Values,
): Promise<number[] | undefined> {
  try {
    return await inTransaction(pool, async (connection) => {
      const seatNumbers = await lockFree(connection, locking, sectionId, quantity);
      const taken = [values[0], sectionId, seatNumbers];
      await connection.query({ name: "take", text: takeSeats, values: taken });
      const row = [...values, seatNumbers];
      const inserted = await connection.query({ name: "insert", text: insertBooking, values: row });
      if (inserted.rowCount === 0) throw new NotNow();
      return seatNumbers;
    });
  } catch (failure) {
    if (failure instanceof NotNow) return undefined;
    throw failure;
  }
}

async function lockFree(
  connection: Connection,
  locking: Steps,
  sectionId: number,
  quantity: number,
): Promise<number[]> {
  // Who waits for a seat finds it sold and would have to look again; so they wait for the section instead.
  if (locking === "row-locks")
    await connection.query({ name: "section", text: lockSection, values: [sectionId] });
  const text = locking === "row-locks" ? freeSeats : `${freeSeats} skip locked`;
  const found = await connection.query<{ seat_number: number }>({
    ...{ name: "free", text, values: [sectionId, quantity] },
  });
  if (found.rows.length < quantity) throw new NotNow();
  return found.rows.map((row) => row.seat_number);
}

async function bookAtOnce(pool: Pool, values: Values): Promise<number[] | undefined> {
  try {
    const query = { name: "all", text: allAtOnce, values: [...values] };
    const booked = await pool.query<{ seat_numbers: number[] }>(query);
    return booked.rows[0]?.seat_numbers;
  } catch (failure) {
    if ((failure as { code?: string }).code === uniqueViolation) return undefined;
    throw failure;
  }
}

type EarlierRow = { id: string; seat_numbers: number[]; total: number; deadline: Date };

async function earlier(pool: Pool, { buyerId, idempotencyKey }: Wanted): Promise<Booked | undefined> {
  const values = [buyerId, idempotencyKey];
  const found = await pool.query<EarlierRow>({ name: "earlier", text: findEarlier, values });
  const [row] = found.rows;
  if (row === undefined) return undefined;
  const { id, seat_numbers: seatNumbers, total: totalMinor, deadline } = row;
  return { id, seatNumbers, totalMinor, deadlineMs: deadline.getTime(), fresh: false };
}
