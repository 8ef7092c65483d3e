import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { migrateDatabase } from "../../foundation/postgres/migrate.ts";
import { freePort } from "../../launch/free-ports.ts";
import { type PostgresServer, startPostgres } from "../../launch/postgres-server.ts";
import { type RedisCluster, startRedisCluster } from "../../launch/redis-server.ts";
import { startMetered } from "../bench/metered-process.ts";
import { createEvents, type EventPlan, type PlannedEvent } from "./event-plan.ts";

/** Events on storage of their own, and one process of ours that sells them. */
export type Shop = {
  readonly url: string;
  readonly port: number;
  readonly databaseUrl: string;
  readonly redisUrls: readonly string[];
  readonly events: readonly PlannedEvent[];
  /** By which what each process takes can be told. */
  readonly pids: { readonly gateway: number; readonly postgres: number; readonly redis: number };
  stop(): Promise<void>;
};

export async function startShop(
  folder: string,
  plans: readonly EventPlan[],
  roles = "gateway,admission,worker",
): Promise<Shop> {
  mkdirSync(folder, { recursive: true });
  const [redis, postgres] = await Promise.all([
    startRedisCluster({ masters: 1, folder: join(folder, "redis"), persist: true }),
    startPostgres({ folder: join(folder, "postgres"), durable: true }),
  ]);
  const stopStorage = () => Promise.all([redis.stop(), postgres.stop()]);
  try {
    await migrateDatabase(postgres.url);
    const events = await createEvents(postgres.url, plans);
    const gateway = await startGateway(postgres, redis, roles);
    const stop = async () => {
      await gateway.stop();
      await stopStorage();
    };
    return { ...gateway, ...storageOf(postgres, redis, gateway.pid), events, stop };
  } catch (failure) {
    await stopStorage();
    throw failure;
  }
}

function storageOf(postgres: PostgresServer, redis: RedisCluster, gateway: number) {
  const pids = { gateway, postgres: postgres.process.pid, redis: redis.nodes[0]?.process.pid ?? 0 };
  return { databaseUrl: postgres.url, redisUrls: redis.urls, pids };
}

async function startGateway(postgres: PostgresServer, redis: RedisCluster, roles: string) {
  const port = await freePort();
  const { child, stop } = await startMetered("app/server.ts", {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.urls.join(","),
    HTTP_PORT: String(port),
    ONSALE_ROLES: roles,
    LOG_LEVEL: "warn",
    RATE_PER_ADDRESS: "1000000",
  });
  return { url: `http://127.0.0.1:${port}`, port, pid: child.pid ?? 0, stop };
}
