import { randomUUID } from "node:crypto";
import pg from "pg";
import { expect, test } from "vitest";
import { type BookingRow, bookingColumnsText, toBooking } from "../booking-core/bookings/find-booking.ts";
import { seatLabel } from "../booking-core/events/layout.ts";
import { compileSection } from "../booking-core/events/plan.ts";
import { readEvents } from "../booking-core/events/read-events.ts";
import { splitOfSeats } from "../booking-core/prices/split-of-seats.ts";
import { type BookingId, identityFrom } from "../foundation/ids.ts";
import { createPool } from "../foundation/postgres/pool.ts";
import { formerDatabase, migrateBy } from "./harness/former-database.ts";

const ids = {
  venue: randomUUID(),
  plan: randomUUID(),
  event: randomUUID(),
  seated: randomUUID(),
  standing: randomUUID(),
  seatedOffer: randomUUID(),
  standingOffer: randomUUID(),
  account: randomUUID(),
  guest: randomUUID(),
  paid: randomUUID(),
  expired: randomUUID(),
  crowd: randomUUID(),
};
/** As the demo of before: ten rows of 25. */
const rows = Array.from({ length: 10 }, (_, index) => ({
  label: String.fromCharCode(65 + index),
  seats: 25,
}));

async function fillFormer(client: pg.Client): Promise<void> {
  const insert = (text: string, values: unknown[]) => client.query(text, values);
  await insert("insert into venues (id, name, city) values ($1, 'Hall', 'Town')", [ids.venue]);
  await insert("insert into seating_plans (id, venue_id, name, layout) values ($1, $2, 'p', '[]')", [
    ids.plan,
    ids.venue,
  ]);
  await insert(
    `insert into events (id, venue_id, seating_plan_id, title, description, starts_at, status, currency, payment_window_ms)
     values ($1, $2, $3, 't', 'd', now(), 'active', 'EUR', 60000)`,
    [ids.event, ids.venue, ids.plan],
  );
  const section =
    "insert into sections (id, event_id, name, kind, position, capacity, layout, standing_taken) values ($1, $2, $3, $4, $5, 250, $6, $7)";
  await insert(section, [ids.standing, ids.event, "Floor", "standing", 0, "[]", 3]);
  await insert(section, [ids.seated, ids.event, "Parterre", "seated", 1, JSON.stringify(rows), 0]);
  const offer = `insert into offers (id, event_id, section_id, category, price_minor, currency, max_per_booking, sales_from, sales_until)
    values ($1, $2, $3, $4, $5, 'EUR', 8, '2020-01-01', '2030-01-01')`;
  await insert(offer, [ids.seatedOffer, ids.event, ids.seated, "Parterre", 9_500]);
  await insert(offer, [ids.standingOffer, ids.event, ids.standing, "Floor", 5_500]);
  await insert(
    "insert into people (id, email, password_hash, role) values ($1, 'a@b.example', 'hash', 'buyer')",
    [ids.account],
  );
  await insertFormer(client, ids.paid, "seated", { status: "paid", seats: [0, 26], price: 9_500 });
  await insertFormer(client, ids.expired, "seated", { status: "expired", seats: [30], price: 9_500 });
  await insertFormer(client, ids.crowd, "standing", {
    status: "pending_payment",
    seats: [null, null, null],
    price: 5_500,
  });
}

async function insertFormer(
  client: pg.Client,
  id: string,
  kind: "seated" | "standing",
  { status, seats, price }: { status: string; seats: readonly (number | null)[]; price: number },
): Promise<void> {
  const isLive = status !== "expired";
  await client.query(
    `insert into bookings (id, event_id, section_id, offer_id, buyer_id, buyer_email, request_hash, status, quantity,
       total_minor, currency, created_at, deadline, ended_at)
     values ($1, $2, $3, $4, $5, 'a@b.example', 'hash', $6, $7, $8, 'EUR', now(), now(), $9)`,
    [
      ...[
        id,
        ids.event,
        ids[kind],
        ids[`${kind}Offer`],
        status === "paid" ? ids.account : ids.guest,
        status,
        seats.length,
        seats.length * price,
      ],
      isLive ? null : new Date(),
    ],
  );
  for (const [position, seat] of seats.entries())
    await client.query(
      "insert into booking_seats (booking_id, position, section_id, seat_number, live) values ($1, $2, $3, $4, $5)",
      [id, position, ids[kind], seat, isLive],
    );
}

test("events and bookings from before sections had several offers are whole afterwards", async () => {
  const url = await formerDatabase();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await migrateBy(client, "0001-foundation.sql", "0002-rooms.sql");
  await fillFormer(client);
  // What reads afterwards knows the schema as it is now.
  await migrateBy(client, "0003-seats.sql", "0004-event-versions.sql", "0005-money.sql");
  await client.end();
  const pool = createPool(url, 1);
  try {
    const [event] = await readEvents(pool);
    const [standing, seated] = event?.sections ?? [];
    const plan = compileSection({ name: "Parterre", kind: "seated", rows }, ["Parterre"]);
    expect(seated).toMatchObject({ ...plan.layout, capacity: 250, marks: [] });
    expect(seatLabel(plan.layout, 26)).toEqual({ row: "B", seat: "2" });
    expect(standing).toMatchObject({
      ...compileSection({ name: "Floor", kind: "standing", capacity: 250 }, ["Floor"]).layout,
      capacity: 250,
    });
    expect(
      [standing, seated].map((section) =>
        section?.offers.map(({ category, price }) => [category, price.amountMinor]),
      ),
    ).toEqual([[["Floor", 5_500n]], [["Parterre", 9_500n]]]);
    const withoutCharges = { feeMinor: 0n, taxMinor: 0n, charges: [] };
    expect(seated?.offers).toMatchObject([withoutCharges]);
    const paidId = ids.paid as BookingId;
    expect(await splitOfSeats(pool, [{ bookingId: paidId }])).toEqual(
      new Map([[paidId, { priceMinor: 19_000n, feeMinor: 0n, taxMinor: 0n, netMinor: 19_000n }]]),
    );
    expect(event).toMatchObject({ refundPolicy: null });
    expect(event?.rules).toEqual({ mostPerIdentity: null, allowsSingles: true, extensionMs: 0 });
    const found = await pool.query<BookingRow>(`select ${bookingColumnsText} from bookings b`);
    const bookings = new Map(found.rows.map((row) => [row.id as string, toBooking(row)]));
    const price = { amountMinor: 9_500n, currency: "EUR" };
    const seat = {
      sectionId: ids.seated,
      offerId: ids.seatedOffer,
      price,
      ticketId: null,
      ticketStatus: null,
    };
    expect(bookings.get(ids.paid)).toMatchObject({
      status: "paid",
      extended: false,
      seats: [
        { ...seat, position: 0, seatNumber: 0 },
        { ...seat, position: 1, seatNumber: 26 },
      ],
    });
    expect(bookings.get(ids.expired)?.seats).toMatchObject([{ ...seat, seatNumber: 30 }]);
    expect(bookings.get(ids.crowd)?.seats.map(({ price: paid }) => paid.amountMinor)).toEqual([
      5_500n,
      5_500n,
      5_500n,
    ]);
    expect([ids.paid, ids.expired, ids.crowd].map((id) => bookings.get(id)?.identity)).toEqual([
      identityFrom("account", ids.account),
      identityFrom("guest", ids.guest),
      identityFrom("guest", ids.guest),
    ]);
  } finally {
    await pool.end();
  }
});

test("what bookings point to cannot be deleted, though no foreign key says so", async () => {
  const url = await formerDatabase();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await migrateBy(client, "0001-foundation.sql", "0002-rooms.sql");
  await fillFormer(client);
  await migrateBy(client, "0003-seats.sql");
  for (const table of ["bookings", "offers", "sections", "events"]) {
    await expect(client.query(`delete from ${table}`)).rejects.toThrow("never deleted");
    await expect(client.query(`truncate ${table} cascade`)).rejects.toThrow("never deleted");
  }
  await client.end();
});
