import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { migrateDatabase } from "../../foundation/postgres/migrate.ts";
import { createPool, type Pool } from "../../foundation/postgres/pool.ts";
import { freePort } from "../../launch/free-ports.ts";
import { startChild, type TestChild } from "../harness/child.ts";
import { type AppProcess, openAppProcess } from "./app-process.ts";
import { putOnSale } from "./events-on-sale.ts";
import { type MortalPostgres, startMortalPostgres } from "./postgres.ts";
import { type FaultyCluster, startFaultyCluster } from "./redis-cluster.ts";

/** All of Onsale in the production shape, each part a process that can be broken. */
export type Site = {
  readonly cluster: FaultyCluster;
  readonly postgres: MortalPostgres;
  readonly gateways: readonly [AppProcess, AppProcess];
  readonly workers: readonly [AppProcess, AppProcess];
  readonly events: readonly OnsaleEvent[];
  /** Straight to Postgres, for the judge. */
  readonly pool: Pool;
  readonly sandbox: { readonly url: string; readonly apiKey: string };
  readonly secret: string;
  stop(): Promise<void>;
};

const secret = "f".repeat(40);
const sandboxSecrets = { SANDBOX_API_KEY: "k".repeat(40), SANDBOX_WEBHOOK_SECRET: "w".repeat(40) };

type Stops = (() => unknown)[];

/** What had started is ended again where the rest does not start. */
export async function startSite(folder: string, scale: number): Promise<Site> {
  const stops: Stops = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    return { ...(await startParts(folder, scale, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(folder: string, scale: number, stops: Stops): Promise<Omit<Site, "stop">> {
  mkdirSync(join(folder, "logs"), { recursive: true });
  const cluster = await startFaultyCluster(join(folder, "redis"));
  stops.push(() => cluster.stop());
  const postgres = await startMortalPostgres(join(folder, "postgres"));
  stops.push(() => postgres.stop());
  await migrateDatabase(postgres.url);
  const pool = createPool(postgres.url, 4);
  stops.push(() => pool.end());
  const events = await putOnSale(pool, scale);
  const ports = await portsOf();
  const outside = await startOutside(folder, ports, stops);
  const app = (name: string, roles: string, port: number) =>
    openAppProcess({
      name,
      port,
      logFile: join(folder, "logs", `${name}.log`),
      postgresUrl: postgres.url,
      environment: { ...environmentOf(cluster, ports), ONSALE_ROLES: roles },
    });
  const gateways = [
    await app("gateway 1", "gateway", ports.gateways[0]),
    await app("gateway 2", "gateway", ports.gateways[1]),
  ] as const;
  const workers = [
    await app("worker 1", "worker,admission", ports.spare),
    await app("worker 2", "worker,admission", ports.spare),
  ] as const;
  const apps = [...workers, ...gateways];
  stops.push(() => Promise.all(apps.map((one) => one.stop())));
  await Promise.all(apps.map((one) => one.start()));
  return { cluster, postgres, gateways, workers, events, pool, sandbox: outside, secret };
}

type Ports = Awaited<ReturnType<typeof portsOf>>;

async function portsOf() {
  const gateways = [await freePort(), await freePort()] as const;
  return {
    gateways,
    spare: await freePort(),
    sandbox: await freePort(),
    smtp: await freePort(),
    mail: await freePort(),
  };
}

function environmentOf(cluster: FaultyCluster, ports: Ports): Record<string, string> {
  return {
    ...sandboxSecrets,
    NODE_ENV: "test",
    LOG_LEVEL: "warn",
    TOKEN_SECRET: secret,
    REDIS_URL: cluster.urls.join(","),
    RATE_PER_ADDRESS: "100000",
    SANDBOX_URL: `http://127.0.0.1:${ports.sandbox}`,
    SMTP_URL: `smtp://127.0.0.1:${ports.smtp}`,
  };
}

/** The world outside of Onsale, which stays whole. */
async function startOutside(folder: string, ports: Ports, stops: Stops) {
  const start = async (script: string, environment: Record<string, string>): Promise<TestChild> => {
    const child = await startChild(script, environment);
    stops.push(() => child.stop());
    return child;
  };
  const { url } = await start("outside/payment-sandbox/server.ts", {
    ...sandboxSecrets,
    SANDBOX_PORT: String(ports.sandbox),
    SANDBOX_DATA: join(folder, "sandbox"),
    SANDBOX_WEBHOOK_URL: `http://127.0.0.1:${ports.gateways[0]}/v1/webhooks/sandbox`,
  });
  await start("outside/mail-catcher/server.ts", {
    MAIL_SMTP_PORT: String(ports.smtp),
    MAIL_HTTP_PORT: String(ports.mail),
    MAIL_DATA: join(folder, "mail"),
  });
  return { url, apiKey: sandboxSecrets.SANDBOX_API_KEY };
}
