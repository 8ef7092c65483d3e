import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createEvent, createSeatingPlan, createVenue } from "../booking-core/events/create-event.ts";
import { loadConfig } from "../foundation/config.ts";
import { type BuyerId, type EventId, identityFrom, uuidSource } from "../foundation/ids.ts";
import { migrateDatabase } from "../foundation/postgres/migrate.ts";
import { createPool, inTransaction, type Sql } from "../foundation/postgres/pool.ts";
import { createTokens } from "../foundation/tokens.ts";
import { freePort } from "../launch/free-ports.ts";
import { startPostgres } from "../launch/postgres-server.ts";
import { startRedisCluster } from "../launch/redis-server.ts";
import { defaultRoom } from "../queue-admission/room-settings.ts";
import { type LoadOptions, type Measured, measure } from "./measure.ts";

const sections = 50;
const rowsPerSection = 100;
const seatsPerRow = 50;

/** Two seats each, best-available, spread over 50 sections of 5,000 seats, by buyers who are inside already. */
export async function measureBookings(folder: string, options: LoadOptions): Promise<Measured> {
  const redis = await startRedisCluster({ masters: 1, folder: join(folder, "redis"), persist: true });
  const postgres = await startPostgres({ folder: join(folder, "postgres"), durable: true });
  const port = await freePort();
  const environment = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.urls.join(","),
    HTTP_PORT: String(port),
    LOG_LEVEL: "warn",
  };
  await migrateDatabase(postgres.url);
  const { eventId, sectionIds } = await createRush(postgres.url);
  const server = await startServer(environment);
  try {
    return await measure(`http://127.0.0.1:${port}`, options, requestMaker(eventId, sectionIds));
  } finally {
    server.kill("SIGTERM");
    await new Promise((resolve) => server.once("exit", resolve));
    await Promise.all([redis.stop(), postgres.stop()]);
  }
}

/** Signed beforehand: the generator shares the cores with what it measures. */
function requestMaker(eventId: EventId, sectionIds: readonly string[]) {
  const tokens = createTokens(loadConfig({}).TOKEN_SECRET);
  const endsAtMs = Date.now() + 3_600_000;
  const buyers = Array.from({ length: 1_000 }, () => {
    const buyerId = uuidSource.next<BuyerId>();
    const identity = identityFrom("guest", buyerId);
    const email = `${buyerId}@onsale.example`;
    const buyer = { buyerId, identity, email, guest: true, verified: false, role: "buyer" } as const;
    const place = { lane: "general", entry: 1, number: 1, joinedAtMs: 0 };
    const pass = { eventId, buyerId, identity, passNumber: 1, incarnation: 1, place };
    return {
      authorization: `Bearer ${tokens.sign("buyer", buyer, endsAtMs)}`,
      "onsale-pass": tokens.sign("pass", pass, endsAtMs),
    };
  });
  const bodies = sectionIds.map((sectionId) =>
    JSON.stringify({ wishes: [{ mode: "best-available", sectionId, quantity: 2 }] }),
  );
  const run = randomUUID();
  let count = 0;
  return () => {
    count += 1;
    const buyer = buyers[count % buyers.length];
    const headers = { "content-type": "application/json", "idempotency-key": `${run}-${count}`, ...buyer };
    return { path: `/v1/events/${eventId}/bookings`, headers, body: bodies[count % bodies.length] ?? "" };
  };
}

async function createRush(databaseUrl: string): Promise<{ eventId: EventId; sectionIds: string[] }> {
  const pool = createPool(databaseUrl, 2);
  const eventId = await inTransaction(pool, insertRush);
  const found = await pool.query<{ id: string }>("select id from sections where event_id = $1", [eventId]);
  await pool.end();
  return { eventId, sectionIds: found.rows.map((row) => row.id) };
}

async function insertRush(sql: Sql): Promise<EventId> {
  const rows = Array.from({ length: rowsPerSection }, (_, index) => ({
    label: String(index + 1),
    seats: seatsPerRow,
  }));
  const planned = Array.from(
    { length: sections },
    (_, index) => ({ name: `Section ${index + 1}`, kind: "seated", rows }) as const,
  );
  const venueId = await createVenue(sql, uuidSource, { name: "Stadium", city: "Loadville" });
  const day = 86_400_000;
  const offer = {
    category: "standard",
    priceMinor: 4_500n,
    maxPerBooking: 8,
    salesFromMs: 0,
    salesUntilMs: Date.now() + day,
  };
  return createEvent(sql, uuidSource, {
    venueId,
    seatingPlanId: await createSeatingPlan(sql, uuidSource, { venueId, name: "Stadium", sections: planned }),
    title: "The rush",
    description: "For load tests.",
    startsAtMs: Date.now() + day,
    currency: "EUR",
    paymentWindowMs: 900_000,
    room: { ...defaultRoom, cap: 100, ratePerMinute: 6_000, turnWindowMs: 60_000, passMs: 900_000 },
    sections: planned.map((section) => ({ planned: section, offers: [offer] })),
  });
}

async function startServer(environment: Record<string, string>) {
  const script = fileURLToPath(new URL("../app/server.ts", import.meta.url));
  const server = fork(script, [], { env: { ...process.env, ...environment }, execArgv: [] });
  await new Promise<void>((resolve, reject) => {
    server.once("message", () => resolve());
    server.once("exit", (code) => reject(new Error(`the server ended at its start (${code})`)));
  });
  return server;
}
