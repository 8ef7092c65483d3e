import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publishingOf } from "../../app/publishing.ts";
import { createCatalogue } from "../../booking-core/events/catalogue.ts";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { publishEvent } from "../../booking-core/events/publish.ts";
import { createReadModel } from "../../booking-core/events/read-model/read-model.ts";
import { createAccount } from "../../booking-core/people/create-account.ts";
import { createSeatEngine } from "../../booking-core/seats/seat-engine.ts";
import { systemClock } from "../../foundation/clock.ts";
import { type EventId, uuidSource } from "../../foundation/ids.ts";
import { createPool, inTransaction } from "../../foundation/postgres/pool.ts";
import { connectRedis, type Redis } from "../../foundation/redis/connect.ts";
import { createTokens } from "../../foundation/tokens.ts";
import { freePort } from "../../launch/free-ports.ts";
import { startRedisCluster } from "../../launch/redis-server.ts";
import { createRoomControl } from "../../queue-admission/room-control.ts";
import type { RoomSettings } from "../../queue-admission/room-settings.ts";
import { startChild, type TestChild } from "../harness/child.ts";
import { createTestDatabase } from "../harness/database.ts";
import { insertEvent, rowsOf, silent, type TestEventOptions } from "../harness/shop.ts";
import { waitFor } from "../harness/wait-for.ts";

/** What the proofs of devices are made for: every gateway of the site answers for this address. */
export const publicUrl = "https://onsale.example";
export const secret = "s".repeat(40);
/** What the site signs with, for what only time or a mistake of ours could bring into an attacker's hands. */
export const tokens = createTokens(secret);

/** Who a token says its bearer is, to the room: what the site itself reads in it. */
export function identityOf({ token }: { readonly token: string }): string {
  const claims = tokens.verify("buyer", token);
  if (claims === undefined) throw new Error("no token of this site");
  return claims.identity;
}

export const portOf = (gateway: string) => Number(new URL(gateway).port);

type Mail = { readonly subject: string; readonly text: string };
export type MailsTo = (address: string) => Promise<Mail[]>;

export type AttackedSite = {
  /** Two gateways, each a process of its own; the first drives the rooms and does the jobs too. */
  readonly gateways: readonly [string, string];
  readonly redis: Redis;
  readonly databaseUrl: string;
  /** One more gateway; it ends with the site. */
  startGateway(settings: Readonly<Record<string, string>>): Promise<string>;
  /** An event of its own, its room open for whoever comes. */
  openEvent(room?: Partial<RoomSettings>): Promise<OnsaleEvent>;
  /** Brings the event to Redis again, as the worker does. */
  publishEvent(eventId: EventId): Promise<void>;
  openAccount(role: "buyer" | "organiser"): Promise<{ email: string; password: string }>;
  bookingsOf(eventId: EventId): Promise<number>;
  /** Starts what catches the mails to buyers; what comes back reads those to one address. */
  catchMails(): Promise<MailsTo>;
  close(): Promise<void>;
};

/** All of Onsale as real processes, with a Redis Cluster of its own: nobody else's driver meets these rooms. */
export async function startSite(): Promise<AttackedSite> {
  const folder = mkdtempSync(join(tmpdir(), "onsale-attacks-"));
  const [cluster, database] = await Promise.all([
    startRedisCluster({ masters: 1, folder, persist: false }),
    createTestDatabase(),
  ]);
  const smtpPort = await freePort();
  const environment = {
    NODE_ENV: "test",
    LOG_LEVEL: "warn",
    TOKEN_SECRET: secret,
    PUBLIC_URL: publicUrl,
    DATABASE_URL: database.url,
    REDIS_URL: cluster.urls.join(","),
    SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
    RATE_PER_ADDRESS: "100000",
  };
  const children: TestChild[] = [];
  const start = async (script: string, settings: Readonly<Record<string, string>>) => {
    const child = await startChild(script, { ...environment, ...settings });
    children.push(child);
    return child.url;
  };
  const startServer = async (settings: Readonly<Record<string, string>>) =>
    start("app/server.ts", { HTTP_PORT: String(await freePort()), ...settings });
  const [first, second] = await Promise.all([
    startServer({ ONSALE_ROLES: "gateway,admission,worker" }),
    startServer({ ONSALE_ROLES: "gateway" }),
  ]);
  const data = openData(database.url, cluster.urls);
  return {
    gateways: [first, second],
    databaseUrl: database.url,
    startGateway: (settings) => startServer({ ONSALE_ROLES: "gateway", ...settings }),
    ...data,
    openEvent: async (room = {}) => {
      const event = await data.openEvent({ room });
      for (const gateway of [first, second]) await known(gateway, event.id);
      return event;
    },
    catchMails: async () => {
      const ports = { MAIL_SMTP_PORT: `${smtpPort}`, MAIL_HTTP_PORT: String(await freePort()) };
      const url = await start("outside/mail-catcher/server.ts", { ...ports, MAIL_DATA: folder });
      return async (address) => {
        const answer = await fetch(`${url}/messages?to=${encodeURIComponent(address)}`);
        return (await answer.json()) as Mail[];
      };
    },
    close: async () => {
      await Promise.all(children.map((child) => child.stop()));
      await data.end();
      await Promise.all([cluster.stop(), database.drop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A gateway that has just read the events does not know the newest for a moment. */
export async function known(gateway: string, eventId: EventId): Promise<void> {
  const isKnown = async () => (await fetch(`${gateway}/v1/events/${eventId}`)).ok;
  await waitFor(isKnown, { what: "the event at the gateway" });
}

/** What is made without the gateways, as operators and the worker make it. */
export function openData(databaseUrl: string, redisUrls: readonly string[]) {
  const clock = systemClock;
  const pool = createPool(databaseUrl, 4);
  const redis = connectRedis([...redisUrls], silent);
  const parts = {
    pool,
    seats: createSeatEngine({ redis, clock }),
    roomControl: createRoomControl({ redis, clock }),
  };
  const readModel = createReadModel({ pool, redis, databaseUrl });
  const catalogue = createCatalogue({ readModel, clock, logger: silent });
  return {
    redis,
    pool,
    openEvent: async ({ room, ...options }: TestEventOptions = {}) => {
      const settings = { draw: false, passMs: 600_000, ...room };
      const wanted = { sections: [rowsOf(100, 100)], ...options, room: settings };
      const eventId = await inTransaction(pool, (sql) => insertEvent(sql, wanted));
      await publishEvent(publishingOf(parts), eventId);
      await readModel.publish(eventId);
      return waitFor(() => catalogue.find(eventId), { what: "the event" });
    },
    publishEvent: (eventId: EventId) => publishEvent(publishingOf(parts), eventId),
    openAccount: async (role: "buyer" | "organiser") => {
      const account = { email: `${randomUUID()}@onsale.example`, password: randomUUID() };
      await createAccount(pool, uuidSource, { ...account, role });
      return account;
    },
    bookingsOf: async (eventId: EventId) =>
      (await pool.query("select from bookings where event_id = $1", [eventId])).rowCount ?? 0,
    end: async () => {
      await pool.end();
      redis.disconnect();
    },
  };
}
