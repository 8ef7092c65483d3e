import { join } from "node:path";
import { createEvent, createSeatingPlan, createVenue } from "../../booking-core/events/create-event.ts";
import { loadConfig } from "../../foundation/config.ts";
import { type BuyerId, type EventId, identityFrom, uuidSource } from "../../foundation/ids.ts";
import { migrateDatabase } from "../../foundation/postgres/migrate.ts";
import { createPool, inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { createTokens } from "../../foundation/tokens.ts";
import { freePort } from "../../launch/free-ports.ts";
import { startPostgres } from "../../launch/postgres-server.ts";
import { startRedisCluster } from "../../launch/redis-server.ts";
import { measureBare } from "../baselines/bare-server.ts";
import { startMetered } from "../bench/metered-process.ts";
import type { Measurement } from "../bench/report.ts";
import type { Run } from "../bench/suite.ts";
import { measure } from "../measure.ts";
import { wideRoom } from "./room-server.ts";

const connections = 128;
const dayMs = 86_400_000;

/** The same joins over HTTP: by autocannon, at a gateway that is a process of its own, each by another buyer. */
export async function httpMeasurements({ tiny, folder, say }: Run): Promise<Measurement[]> {
  const redis = await startRedisCluster({ masters: 1, folder: join(folder, "http-redis"), persist: true });
  const postgres = await startPostgres({ folder: join(folder, "http-postgres"), durable: true });
  try {
    await migrateDatabase(postgres.url);
    const eventId = await createWaitingEvent(postgres.url);
    const port = await freePort();
    const server = await startMetered("app/server.ts", {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.urls.join(","),
      HTTP_PORT: String(port),
      LOG_LEVEL: "warn",
      RATE_PER_ADDRESS: "1000000",
    });
    const seconds = tiny ? 1 : 10;
    const tokens = buyerTokens(tiny ? 10_000 : 200_000);
    const options = { seconds, connections };
    const joined = await measure(`http://127.0.0.1:${port}`, options, requestMaker(eventId, tokens));
    await server.stop();
    const bare = await measureBare(options);
    say(`${Math.round(joined.perSecond)} joins a second over HTTP`);
    if (joined.errors > 0) throw new Error(`${joined.errors} joins over HTTP were answered otherwise`);
    return [
      {
        ...{ name: "joins over HTTP", value: joined.perSecond, unit: "joins/s" },
        limit: { name: "a bare uWebSockets.js server", value: bare.perSecond },
      },
      { name: "joins over HTTP: half are answered within", value: joined.p50Ms, unit: "ms" },
      { name: "joins over HTTP: 99% are answered within", value: joined.p99Ms, unit: "ms" },
    ];
  } finally {
    await Promise.all([redis.stop(), postgres.stop()]);
  }
}

/** Signed beforehand: the generator shares the cores with what it measures. */
function buyerTokens(count: number): string[] {
  const tokens = createTokens(loadConfig({}).TOKEN_SECRET);
  return Array.from({ length: count }, () => {
    const buyerId = uuidSource.next<BuyerId>();
    const identity = identityFrom("guest", buyerId);
    const email = `${buyerId}@onsale.example`;
    const buyer = { buyerId, identity, email, guest: true, verified: false, role: "buyer" } as const;
    return tokens.sign("buyer", buyer, Date.now() + dayMs);
  });
}

function requestMaker(eventId: EventId, tokens: readonly string[]) {
  let count = 0;
  return () => {
    const authorization = `Bearer ${tokens[count % tokens.length]}`;
    count += 1;
    return { path: `/v1/events/${eventId}/places`, headers: { authorization }, body: "" };
  };
}

async function createWaitingEvent(databaseUrl: string): Promise<EventId> {
  const pool = createPool(databaseUrl, 2);
  try {
    return await inTransaction(pool, insertWaitingEvent);
  } finally {
    await pool.end();
  }
}

/** Its room is paused: all who join wait. */
async function insertWaitingEvent(sql: Sql): Promise<EventId> {
  const section = { name: "Standing", kind: "standing", capacity: 1_000 } as const;
  const venueId = await createVenue(sql, uuidSource, { name: "Arena", city: "Loadville" });
  const plan = { venueId, name: "Arena", sections: [section] };
  return createEvent(sql, uuidSource, {
    venueId,
    seatingPlanId: await createSeatingPlan(sql, uuidSource, plan),
    title: "The wait",
    description: "For load tests.",
    startsAtMs: Date.now() + dayMs,
    currency: "EUR",
    paymentWindowMs: 900_000,
    room: { ...wideRoom, paused: true },
    sections: [
      {
        planned: section,
        offers: [
          {
            category: "standard",
            faceMinor: 4_500n,
            maxPerBooking: 8,
            salesFromMs: 0,
            salesUntilMs: Date.now() + dayMs,
          },
        ],
      },
    ],
  });
}
