import { join } from "node:path";
import type { EventId } from "../../foundation/ids.ts";
import { createLogger } from "../../foundation/log.ts";
import { migrateDatabase } from "../../foundation/postgres/migrate.ts";
import { connectRedis, type Redis } from "../../foundation/redis/connect.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import { freePort } from "../../launch/free-ports.ts";
import { startPostgres } from "../../launch/postgres-server.ts";
import { startRedisCluster } from "../../launch/redis-server.ts";
import { createRoomControl } from "../../queue-admission/room-control.ts";
import type { RoomSettings } from "../../queue-admission/room-settings.ts";
import { type MeteredProcess, startMetered } from "../bench/metered-process.ts";
import { poll } from "./poll.ts";
import { createRoomEvent, storeRoom } from "./room-event.ts";

/** One event with its room on storage of its own, and our real processes on it. */
export type RoomStand = {
  readonly eventId: EventId;
  readonly sectionId: string;
  readonly redis: Redis;
  /** The script's last tick of this room, as it was published. */
  lastTick(): Promise<string>;
  /** Opens the room, when the driver knows that so many are here. */
  openFor(present: number): Promise<void>;
  startGateway(): Promise<MeteredProcess & { readonly port: number }>;
  /** Drives the room, and does the worker's share. */
  startDriver(): Promise<MeteredProcess>;
  stop(): Promise<void>;
};

const publishedWithinMs = 15_000;
const presentWithinMs = 10_000;

export async function startRoomStand(folder: string, settings: RoomSettings): Promise<RoomStand> {
  const [redisServer, postgres] = await Promise.all([
    startRedisCluster({ masters: 1, folder: join(folder, "redis"), persist: false }),
    startPostgres({ folder: join(folder, "postgres"), durable: true }),
  ]);
  await migrateDatabase(postgres.url);
  const { eventId, sectionId } = await createRoomEvent(postgres.url, settings);
  const redis = connectRedis(redisServer.urls, createLogger("bench", "error"));
  const control = createRoomControl({ redis, clock: Date });
  const environment = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redisServer.urls.join(","),
    LOG_LEVEL: "warn",
    // All sockets of a crowd come from a few addresses.
    RATE_PER_ADDRESS: "1000000",
  };
  const lastTick = async () => (await redis.hget(roomKeys(eventId).settings, "tick")) ?? "";
  return {
    eventId,
    sectionId,
    redis,
    lastTick,
    async openFor(present) {
      const isKnown = async () => ((await control.overview(eventId)).stats?.present ?? 0) >= present;
      await poll(isKnown, presentWithinMs);
      const opened = { ...settings, paused: false };
      await storeRoom(postgres.url, eventId, opened);
      await control.configure(eventId, opened);
    },
    async startGateway() {
      const port = await freePort();
      const roles = {
        ONSALE_ROLES: "gateway",
        HTTP_PORT: String(port),
      };
      return { ...(await startMetered("app/server.ts", { ...environment, ...roles })), port };
    },
    async startDriver() {
      const roles = { ONSALE_ROLES: "admission,worker" };
      const driver = await startMetered("app/server.ts", { ...environment, ...roles });
      await poll(async () => (await lastTick()).includes("stock"), publishedWithinMs);
      return driver;
    },
    async stop() {
      redis.disconnect();
      await Promise.all([redisServer.stop(), postgres.stop()]);
    },
  };
}
