import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { endLeftover, notePid } from "../launch/pid-file.ts";
import { isRunning, markOf, parseMark } from "../launch/process-mark.ts";
import { quickestFolder, runFolders } from "./quickest-folder.ts";

const prefix = "onsale-test-";
const owner = "run";

/** Everything that a run of the tests writes is in this folder: what the tests make for themselves too. */
export async function createRunFolder(): Promise<string> {
  await removeDeadRuns();
  const folder = mkdtempSync(join(quickestFolder(), prefix));
  const mark = markOf(process.pid);
  if (mark !== undefined) notePid(folder, owner, mark);
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  // The test files' processes, which start later, take their temporary folders from here.
  process.env["TMPDIR"] = temporary;
  return folder;
}

/** Runs that were killed could not tidy up: their folders are left, and their servers if the watchdog died too. */
async function removeDeadRuns(): Promise<void> {
  for (const folder of runFolders().flatMap(runsIn)) {
    if (!isDead(folder)) continue;
    for (const name of ["redis-0", "redis-1", "redis-2"])
      await endLeftover(join(folder, name), name, "SIGTERM");
    await endLeftover(join(folder, "postgres"), "postgres", "SIGINT");
    rmSync(folder, { recursive: true, force: true });
  }
}

function runsIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.startsWith(prefix));
  return names.map((name) => join(folder, name));
}

/** A folder without a note may be so new that its owner has not written it yet; that of another user is theirs. */
function isDead(folder: string): boolean {
  const file = join(folder, `${owner}.pid`);
  if (statSync(folder).uid !== process.getuid?.() || !existsSync(file)) return false;
  const mark = parseMark(readFileSync(file, "utf8"));
  return mark !== undefined && !isRunning(mark);
}
