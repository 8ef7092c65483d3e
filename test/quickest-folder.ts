import { existsSync, readFileSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

/** In memory on Linux: to copy a test's database costs a third of a second of CPU on a disk, and a fiftieth there. */
const inMemory = "/dev/shm";
/** A whole run has 0.6 GiB there at its height. */
const roomNeeded = 4 * 1024 ** 3;

/** Where runs of the tests have their folders. */
export function runFolders(): string[] {
  return [...new Set([tmpdir(), ...(existsSync(inMemory) ? [inMemory] : [])])];
}

export function quickestFolder(): string {
  return isRoomy() && mayRunPrograms(readFileSync("/proc/mounts", "utf8")) ? inMemory : tmpdir();
}

function isRoomy(): boolean {
  if (!existsSync(inMemory)) return false;
  const { bavail, bsize } = statfsSync(inMemory);
  return Math.min(bavail * bsize, process.availableMemory()) >= roomNeeded;
}

/** Tests write programs, too. */
export function mayRunPrograms(mounts: string): boolean {
  const options = mounts.split("\n").map((line) => line.split(" "));
  return options.some(
    ([, folder, kind, flags]) =>
      folder === inMemory && kind === "tmpfs" && flags?.split(",").includes("noexec") === false,
  );
}
