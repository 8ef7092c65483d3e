/** Storage, and our processes that take money: a gateway and a worker, each on its own. */
import { mkdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { migrateDatabase } from "../../foundation/postgres/migrate.ts";
import { createPool, type Pool } from "../../foundation/postgres/pool.ts";
import { freePort } from "../../launch/free-ports.ts";
import { type PostgresServer, startPostgres } from "../../launch/postgres-server.ts";
import { type RedisCluster, startRedisCluster } from "../../launch/redis-server.ts";
import { type MeteredProcess, startMetered } from "../bench/metered-process.ts";
import { createEvents, type EventPlan, type PlannedEvent } from "../seats/event-plan.ts";
import { providerSecrets } from "./provider.ts";
import { copyDatabase } from "./twin-database.ts";

export type Storage = {
  readonly folder: string;
  readonly databaseUrl: string;
  /** The same events, for a baseline. */
  readonly twinUrl: string;
  readonly redisUrls: readonly string[];
  readonly postgres: PostgresServer;
  readonly pool: Pool;
  readonly events: readonly PlannedEvent[];
  stop(): Promise<void>;
};

const charges = [
  { name: "Booking fee", kind: "fee", fixedMinor: 250n, included: false },
  { name: "VAT", kind: "tax", basisPoints: 700, included: true },
] as const;

/** Events whose price has parts for the house and the state, so that every sale has all its entries. */
export async function startStorage(folder: string, plans: readonly EventPlan[]): Promise<Storage> {
  mkdirSync(folder, { recursive: true });
  const [redis, postgres] = await Promise.all([
    startRedisCluster({ masters: 1, folder: join(folder, "redis"), persist: true }),
    startPostgres({ folder: join(folder, "postgres"), durable: true }),
  ]);
  await migrateDatabase(postgres.url);
  const events = await createEvents(
    postgres.url,
    plans.map((plan) => ({ ...plan, charges })),
  );
  const twinUrl = await copyDatabase(postgres.url, "twin");
  const pool = createPool(postgres.url, 4, { isPatient: true });
  const stop = () => stopStorage(redis, postgres, pool);
  return { folder, databaseUrl: postgres.url, twinUrl, redisUrls: redis.urls, postgres, pool, events, stop };
}

async function stopStorage(redis: RedisCluster, postgres: PostgresServer, pool: Pool): Promise<void> {
  await pool.end();
  await Promise.all([redis.stop(), postgres.stop()]);
}

export type Till = {
  readonly gatewayPort: number;
  readonly webhookUrl: string;
  readonly providerPort: number;
  readonly gateway: MeteredProcess;
  startWorker(): Promise<MeteredProcess>;
  stop(): Promise<void>;
};

/** The mail server takes connections and says nothing: e-mails wait, and their time is not in what is measured. */
export async function openTill({ databaseUrl, redisUrls }: Storage): Promise<Till> {
  const [gatewayPort, providerPort, silence] = [await freePort(), await freePort(), await listenInSilence()];
  const settings = {
    ...providerSecrets,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrls.join(","),
    SANDBOX_URL: `http://127.0.0.1:${providerPort}`,
    SMTP_URL: `smtp://127.0.0.1:${silence.port}`,
    LOG_LEVEL: "error",
    RATE_PER_ADDRESS: "1000000",
  };
  const workers: MeteredProcess[] = [];
  const start = (roles: string) =>
    startMetered("app/server.ts", { ...settings, HTTP_PORT: String(gatewayPort), ONSALE_ROLES: roles });
  const gateway = await start("gateway");
  return {
    ...{
      gatewayPort,
      providerPort,
      gateway,
      webhookUrl: `http://127.0.0.1:${gatewayPort}/v1/webhooks/sandbox`,
    },
    startWorker: async () => {
      const worker = await start("worker");
      workers.push(worker);
      return worker;
    },
    stop: async () => {
      for (const { child, stop } of [...workers, gateway])
        if (child.exitCode === null && child.signalCode === null) await stop();
      silence.close();
    },
  };
}

async function listenInSilence() {
  const server = createServer((socket) => socket.on("error", () => socket.destroy()).resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
