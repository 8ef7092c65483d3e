import { rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

const usualBounds = {
  /** The owner of a lock says this often that it lives … */
  sayEveryMs: 1_000,
  /** … and one that was silent for so long has died. */
  staleMs: 10_000,
};

/**
 * Two set-ups of one checkout would trample each other: the second waits for the first, or for its death. Its pid
 * would not tell of its death: a container that starts again gives the same pids to other processes.
 */
export async function alone(lock, work, bounds = usualBounds) {
  while (!take(lock)) {
    if (silentMs(lock) > bounds.staleMs) rmSync(lock, { force: true });
    else await pause(100);
  }
  const timer = setInterval(() => utimesSync(lock, new Date(), new Date()), bounds.sayEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    rmSync(lock, { force: true });
  }
}

/** Making a file that is not there yet is atomic: one of several succeeds. */
function take(lock) {
  try {
    writeFileSync(lock, "", { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function silentMs(lock) {
  const stat = statSync(lock, { throwIfNoEntry: false });
  return stat === undefined ? 0 : Date.now() - stat.mtimeMs;
}
