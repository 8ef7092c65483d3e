import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A killed Postgres leaves its lock file, and a later one believes it as long as that pid exists: as a zombie that
 * nobody reaps (containers often have no init), or as another process that got the number. The caller has made
 * sure that the old server is gone. The file is not removed: Postgres takes a lock with the pid of its parent for
 * stale, and still checks that nobody uses the old one's shared memory. Says whether there was such a lock.
 */
export function freeStaleLock(data: string): boolean {
  const file = join(data, "postmaster.pid");
  if (!existsSync(file)) return false;
  const [, ...rest] = readFileSync(file, "utf8").split("\n");
  writeFileSync(file, [String(process.pid), ...rest].join("\n"));
  return true;
}
