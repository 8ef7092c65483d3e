import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { loadConfig } from "../foundation/config.ts";
import { migrateDatabase } from "../foundation/postgres/migrate.ts";
import { type Child, startChild } from "./child-process.ts";
import { claimFolder, LaunchError } from "./data-folder.ts";
import { isPortFree } from "./free-ports.ts";
import { type Storage, startStorage } from "./storage.ts";

export type LaunchOptions = { readonly port: number; readonly data: string; readonly demo: boolean };

type Started = { storage?: Storage; children: Child[]; stopping: boolean };

/** Starts everything in order, tells where it is, stays until it is asked to end, and ends everything in order. */
export async function launch(options: LaunchOptions): Promise<void> {
  await refuseTakenPorts(options.port);
  const freeFolder = claimFolder(options.data);
  const started: Started = { children: [], stopping: false };
  const asked = untilAsked(started);
  try {
    const running = startAll(options, started);
    const broken = await Promise.race([asked, running]);
    if (broken !== undefined)
      throw new LaunchError(`${broken} ended by itself; everything else is ended with it.`);
  } finally {
    started.stopping = true;
    await stopAll(started);
    freeFolder();
  }
}

/** Settles with nothing when somebody asks for the end. A second Ctrl-C does not wait. */
function untilAsked(started: Started): Promise<undefined> {
  return new Promise((resolve) => {
    let interrupts = 0;
    const onSignal = (signal: NodeJS.Signals) => {
      if (signal === "SIGINT") interrupts += 1;
      if (interrupts > 1) for (const child of started.children) child.kill();
      resolve(undefined);
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  });
}

/** Settles only when a part has ended by itself, with which. */
async function startAll(options: LaunchOptions, started: Started): Promise<string> {
  const storage = await step("Redis Cluster and Postgres", async () => {
    started.storage = await startStorage(options.data, process.env);
    return started.storage;
  });
  const environment = environmentOf(options, storage);
  loadConfig({ ...process.env, ...environment });
  await step("database schema", () => migrateDatabase(storage.databaseUrl));
  const start = async (name: string, script: string) => {
    const child = await startChild(name, script, environment);
    started.children.push(child);
    if (started.stopping) await child.stop(childGraceMs);
  };
  await step("payment sandbox and mail catcher", () =>
    Promise.all([
      start("payment sandbox", "outside/payment-sandbox/server.ts"),
      start("mail catcher", "outside/mail-catcher/server.ts"),
    ]),
  );
  const eventId = options.demo ? await step("demo event", () => loadDemo(environment)) : undefined;
  await step("gateway, admission and worker", () => start("server", "app/server.ts"));
  process.stdout.write(addresses(options, environment, eventId));
  return Promise.race([
    storage.broken,
    ...started.children.map(async (child) => `The ${child.name} (${await child.ended})`),
  ]);
}

function environmentOf(options: LaunchOptions, storage: Storage): Record<string, string> {
  const at = (offset: number) => `127.0.0.1:${options.port + offset}`;
  return {
    DATABASE_URL: storage.databaseUrl,
    REDIS_URL: storage.redisUrl,
    HTTP_PORT: String(options.port),
    PUBLIC_URL: process.env["PUBLIC_URL"] ?? `http://${at(0)}`,
    SANDBOX_URL: `http://${at(1)}`,
    SANDBOX_PORT: String(options.port + 1),
    SANDBOX_WEBHOOK_URL: `http://${at(0)}/v1/webhooks/sandbox`,
    SANDBOX_DATA: join(options.data, "payment-sandbox"),
    SMTP_URL: `smtp://${at(3)}`,
    MAIL_HTTP_PORT: String(options.port + 2),
    MAIL_SMTP_PORT: String(options.port + 3),
    MAIL_DATA: join(options.data, "mail-catcher"),
    LOG_LEVEL: process.env["LOG_LEVEL"] ?? "warn",
    ...developmentSecrets(),
  };
}

/** The sandbox is a stranger to our configuration: it is told the secrets that we share with it. */
function developmentSecrets(): Record<string, string> {
  const { SANDBOX_API_KEY, SANDBOX_WEBHOOK_SECRET } = loadConfig(process.env);
  return { SANDBOX_API_KEY, SANDBOX_WEBHOOK_SECRET };
}

async function loadDemo(environment: Readonly<Record<string, string>>): Promise<string> {
  const script = fileURLToPath(new URL("./demo.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script], {
    env: { ...process.env, ...environment },
  });
  return (JSON.parse(stdout) as { eventId: string }).eventId;
}

async function refuseTakenPorts(port: number): Promise<void> {
  for (const wanted of [port, port + 1, port + 2, port + 3]) {
    if (!(await isPortFree(wanted))) {
      throw new LaunchError(
        `Port ${wanted} is taken by another program. Choose other ports: npm start -- --port 9000`,
      );
    }
  }
}

async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  const result = await work();
  process.stderr.write(`  ${name} (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)\n`);
  return result;
}

const childGraceMs = 3_500;

/** The server first, so that it can still finish what it began; then the outside world; then the storage. */
async function stopAll(started: Started): Promise<void> {
  const server = started.children.filter((child) => child.name === "server");
  const others = started.children.filter((child) => child.name !== "server");
  await Promise.all(server.map((child) => child.stop(childGraceMs)));
  await Promise.all(others.map((child) => child.stop(1_000)));
  await started.storage?.stop();
}

function addresses(
  options: LaunchOptions,
  environment: Readonly<Record<string, string>>,
  eventId: string | undefined,
): string {
  const gateway = `http://127.0.0.1:${options.port}`;
  const event = eventId === undefined ? `${gateway}/v1/events` : `${gateway}/v1/events/${eventId}`;
  return [
    "",
    `Onsale is ready.  Ctrl-C ends it; the data stays in ${options.data}`,
    `  gateway          ${gateway}`,
    `  documentation    ${gateway}/docs`,
    `  payment sandbox  ${environment["SANDBOX_URL"]}`,
    `  mail catcher     http://127.0.0.1:${environment["MAIL_HTTP_PORT"]}`,
    "",
    `Try:  curl ${event}`,
    options.demo ? `Then: npm run buy${options.port === 8080 ? "" : ` -- --url ${gateway}`}` : "",
    "",
  ].join("\n");
}
