import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { areFree, clusterPorts, freeClusterPort, freePort } from "./free-ports.ts";
import { LaunchError } from "./launch-error.ts";
import { formatMark, isRunning, markOf, parseMark } from "./process-mark.ts";

export type StoragePorts = { readonly redis: number; readonly postgres: number };

/** One launcher a folder: two would start two Postgres on the same files. Gives the function that frees it again. */
export function claimFolder(folder: string): () => void {
  const file = `${folder}/launcher.pid`;
  const draft = `${file}.${process.pid}`;
  writeOwnMark(folder, draft);
  try {
    while (!isLinked(draft, file)) removeStaleClaim(folder, file);
  } finally {
    rmSync(draft, { force: true });
  }
  return () => rmSync(file, { force: true });
}

function writeOwnMark(folder: string, draft: string): void {
  const own = markOf(process.pid);
  if (own === undefined) throw new Error("this system does not say when a process started");
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(draft, formatMark(own));
  } catch (error) {
    throw new LaunchError(`The data folder ${folder} cannot be used: ${(error as Error).message}`);
  }
}

/** A link comes into being with its content and succeeds for one of several: the claim itself. */
function isLinked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function removeStaleClaim(folder: string, file: string): void {
  const owner = existsSync(file) ? parseMark(readFileSync(file, "utf8")) : undefined;
  if (owner !== undefined && isRunning(owner)) {
    throw new LaunchError(
      `Onsale already runs on ${folder} (process ${owner.pid}). End it, or choose another folder and other ports: npm start -- --data DIR --port NUMBER`,
    );
  }
  rmSync(file, { force: true });
}

/** For the command line, which asks the running system. */
export function noteAddresses(folder: string, environment: Readonly<Record<string, string>>): void {
  const noted = ["DATABASE_URL", "REDIS_URL", "HTTP_PORT", "PUBLIC_URL"];
  const addresses = Object.fromEntries(noted.map((name) => [name, environment[name]]));
  writeFileSync(addressFile(folder), JSON.stringify(addresses), { mode: 0o600 });
}

export function forgetAddresses(folder: string): void {
  rmSync(addressFile(folder), { force: true });
}

function addressFile(folder: string): string {
  return `${folder}/addresses.json`;
}

/** The ports of the last start where they are still free, so that addresses stay the same. */
export async function storagePorts(folder: string): Promise<StoragePorts> {
  const file = `${folder}/ports.json`;
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as StoragePorts) : undefined;
  const ports = {
    redis: await keepOr(known?.redis, clusterPorts, freeClusterPort),
    postgres: await keepOr(known?.postgres, [0], freePort),
  };
  writeFileSync(`${file}.draft`, JSON.stringify(ports));
  renameSync(`${file}.draft`, file);
  return ports;
}

async function keepOr(
  known: number | undefined,
  distances: readonly number[],
  choose: () => Promise<number>,
): Promise<number> {
  return known !== undefined && (await areFree(known, distances)) ? known : choose();
}
