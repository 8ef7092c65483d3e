import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** A process and when it started: a pid alone may have gone to another process since. */
export type ProcessMark = { readonly pid: number; readonly startMark: string };

export function markOf(pid: number): ProcessMark | undefined {
  const startMark = startMarkOf(pid);
  return startMark === undefined ? undefined : { pid, startMark };
}

export function formatMark(mark: ProcessMark): string {
  return `${mark.pid} ${mark.startMark}`;
}

export function parseMark(line: string): ProcessMark | undefined {
  const [pid, ...rest] = line.trim().split(" ");
  if (pid === undefined || !/^\d+$/.test(pid) || rest.length === 0) return undefined;
  return { pid: Number(pid), startMark: rest.join(" ") };
}

export function isRunning(mark: ProcessMark): boolean {
  return startMarkOf(mark.pid) === mark.startMark;
}

/** Asks the process to end and waits; after `graceMs` it is killed. Returns once it is gone. */
export async function endProcess(
  mark: ProcessMark,
  how: { signal: NodeJS.Signals; graceMs: number },
): Promise<void> {
  if (!sendSignal(mark, how.signal)) return;
  const killAt = Date.now() + how.graceMs;
  while (isRunning(mark)) {
    if (Date.now() > killAt) sendSignal(mark, "SIGKILL");
    await pause(10);
  }
}

function sendSignal(mark: ProcessMark, signal: NodeJS.Signals): boolean {
  if (!isRunning(mark)) return false;
  try {
    process.kill(mark.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** On Linux the start time in ticks since boot; elsewhere what `ps` says. A zombie counts as gone. */
function startMarkOf(pid: number): string | undefined {
  return existsSync("/proc/self/stat") ? startTicks(pid) : startText(pid);
}

function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    // The file is there exactly as long as the process.
    return undefined;
  }
}

function startText(pid: number): string | undefined {
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    // `ps` ends with 1 where there is no such process.
    return undefined;
  }
}
