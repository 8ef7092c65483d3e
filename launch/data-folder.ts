import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { freeClusterPort, freePort, isPortFree } from "./free-ports.ts";
import { formatMark, isRunning, markOf, parseMark } from "./process-mark.ts";

/** What a person can mend: shown as its sentence alone. */
export class LaunchError extends Error {}

export type StoragePorts = { readonly redis: number; readonly postgres: number };

/** One launcher a folder: two would start two Postgres on the same files. Gives the function that frees it again. */
export function claimFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/launcher.pid`;
  const owner = existsSync(file) ? parseMark(readFileSync(file, "utf8")) : undefined;
  if (owner !== undefined && isRunning(owner)) {
    throw new LaunchError(
      `Onsale already runs on ${folder} (process ${owner.pid}). End it, or choose another folder: npm start -- --data DIR`,
    );
  }
  const own = markOf(process.pid);
  if (own !== undefined) writeFileSync(file, formatMark(own));
  return () => rmSync(file, { force: true });
}

/** The ports of the last start where they are still free. Redis's own cluster file names its port, so it had better stay. */
export async function storagePorts(folder: string): Promise<StoragePorts> {
  const file = `${folder}/ports.json`;
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as StoragePorts) : undefined;
  const ports = {
    redis: await keepOr(known?.redis, freeClusterPort),
    postgres: await keepOr(known?.postgres, freePort),
  };
  writeFileSync(file, JSON.stringify(ports));
  return ports;
}

async function keepOr(known: number | undefined, choose: () => Promise<number>): Promise<number> {
  return known !== undefined && (await isPortFree(known)) ? known : choose();
}
