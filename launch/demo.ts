/**
 * Loads the demo once into an empty database and prints where it is: `{ "eventId": … }`. The first time with
 * `"operator"`, who may administer it, and whose password nobody can read anywhere later.
 */
import { randomBytes } from "node:crypto";
import { createEvent, createSeatingPlan, createVenue } from "../booking-core/events/create-event.ts";
import type { RefundPolicy } from "../booking-core/events/event.ts";
import type { PlannedSection } from "../booking-core/events/plan.ts";
import { createAccount } from "../booking-core/people/create-account.ts";
import type { Charge } from "../booking-core/prices/charge.ts";
import { loadConfig } from "../foundation/config.ts";
import { type EventId, uuidSource } from "../foundation/ids.ts";
import { wholeBasisPoints } from "../foundation/money-shares.ts";
import { createPool, inTransaction, type Sql } from "../foundation/postgres/pool.ts";
import { defaultRoom } from "../queue-admission/room-settings.ts";

const title = "Demo: The Onsale Tour";
const account = { email: "demo@onsale.example", password: "demo-password", role: "buyer" } as const;
const operatorEmail = "operator@onsale.example";
const day = 24 * 60 * 60_000;

/** The house has its fee on top; the tax is in the price that stands on the poster. */
const charges: readonly Charge[] = [
  { name: "Booking fee", kind: "fee", included: false, fixedMinor: 250n },
  { name: "VAT 7 %", kind: "tax", included: true, basisPoints: 700 },
];

const refundPolicy: RefundPolicy = {
  untilMs: day,
  shareBasisPoints: wholeBasisPoints,
  feesToo: false,
  seatsReturn: true,
};

const seatedPrices: readonly [name: string, faceMinor: bigint][] = [
  ["Parterre A", 9_500n],
  ["Parterre B", 8_500n],
  ["Balcony left", 6_500n],
  ["Balcony centre", 7_500n],
  ["Balcony right", 6_500n],
  ["Gallery left", 4_500n],
  ["Gallery right", 4_500n],
];

const pool = createPool(loadConfig(process.env).DATABASE_URL, 2);
await createAccount(pool, uuidSource, account);
const operator = await createOperator();
const eventId = (await findDemo()) ?? (await inTransaction(pool, createDemo));
await pool.end();
process.stdout.write(`${JSON.stringify({ eventId, operator })}\n`);

async function createOperator(): Promise<{ email: string; password: string } | undefined> {
  const operator = { email: operatorEmail, password: randomBytes(12).toString("base64url") };
  return (await createAccount(pool, uuidSource, { ...operator, role: "admin" })) ? operator : undefined;
}

async function findDemo(): Promise<EventId | undefined> {
  const found = await pool.query<{ id: EventId }>("select id from events where title = $1", [title]);
  return found.rows[0]?.id;
}

/** 2,000 seats in 8 sections: seven of ten rows of 25, and a standing one. */
async function createDemo(sql: Sql): Promise<EventId> {
  const rows = Array.from({ length: 10 }, (_, index) => ({
    label: String.fromCharCode(65 + index),
    seats: 25,
  }));
  const seated = seatedPrices.map(([name, faceMinor]) => ({
    planned: { name, kind: "seated", rows } as const,
    faceMinor,
  }));
  const standing = {
    planned: { name: "Floor", kind: "standing", capacity: 250 } as const,
    faceMinor: 5_500n,
  };
  const sections: { planned: PlannedSection; faceMinor: bigint }[] = [standing, ...seated];
  const venueId = await createVenue(sql, uuidSource, { name: "Harbour Hall", city: "Hamburg" });
  const plan = { venueId, name: "Concert", sections: sections.map((section) => section.planned) };
  const now = Date.now();
  return createEvent(sql, uuidSource, {
    venueId,
    seatingPlanId: await createSeatingPlan(sql, uuidSource, plan),
    title,
    description: "An evening that exists to be sold. Its room is open: join, wait for your turn, book, pay.",
    startsAtMs: now + 90 * day,
    currency: "EUR",
    refundPolicy,
    paymentWindowMs: 15 * 60_000,
    room: { ...defaultRoom, cap: 200, ratePerMinute: 6_000, turnWindowMs: 60_000, passMs: 15 * 60_000 },
    sections: sections.map(({ planned, faceMinor }) => ({
      planned,
      offers: [
        {
          category: planned.name,
          faceMinor,
          charges,
          maxPerBooking: 8,
          salesFromMs: now - day,
          salesUntilMs: now + 89 * day,
        },
      ],
    })),
  });
}
