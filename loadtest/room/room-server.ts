import { join } from "node:path";
import { Redis as NodeClient } from "ioredis";
import { pino } from "pino";
import { systemClock } from "../../foundation/clock.ts";
import { type EventId, uuidV7 } from "../../foundation/ids.ts";
import { connectRedis, type Redis } from "../../foundation/redis/connect.ts";
import { openRoomsKey } from "../../foundation/redis/keys.ts";
import { startRedisCluster } from "../../launch/redis-server.ts";
import { createRoomControl } from "../../queue-admission/room-control.ts";
import { defaultRoom, type RoomSettings } from "../../queue-admission/room-settings.ts";
import type { Run } from "../bench/suite.ts";

export const silent = pino({ level: "silent" });

/** A cluster of one node that has a core for itself, and a connection that reads what it says of itself. */
export type RoomServer = {
  readonly redis: Redis;
  readonly node: NodeClient;
  readonly port: number;
  readonly urls: readonly string[];
  stop(): Promise<void>;
};

export async function startRoomServer({ folder }: Pick<Run, "folder">, name: string): Promise<RoomServer> {
  const cluster = await startRedisCluster({ masters: 1, folder: join(folder, name), persist: false });
  const port = cluster.nodes[0]?.port ?? 0;
  const redis = connectRedis(cluster.urls, silent);
  const node = new NodeClient({ host: "127.0.0.1", port });
  return {
    redis,
    node,
    port,
    urls: cluster.urls,
    stop: async () => {
      redis.disconnect();
      node.disconnect();
      await cluster.stop();
    },
  };
}

/** Everybody fits, and nobody's turn lapses while it is measured. */
export const wideRoom: RoomSettings = {
  ...defaultRoom,
  cap: 10_000_000,
  ratePerMinute: 1_000_000,
  turnWindowMs: 3_600_000,
  passMs: 3_600_000,
  draw: false,
};

/** A room that no driver steps by itself unless it is `listed`. */
export async function openRoom(
  { redis }: Pick<RoomServer, "redis">,
  settings: RoomSettings,
  { eventId = uuidV7(Date.now()) as EventId, listed = false } = {},
): Promise<EventId> {
  await createRoomControl({ redis, clock: systemClock }).configure(eventId, settings);
  if (!listed) await redis.srem(openRoomsKey, eventId);
  return eventId;
}
