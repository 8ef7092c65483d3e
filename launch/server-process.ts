import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { endProcess, formatMark, isRunning, markOf, parseMark } from "./process-mark.ts";

export type ServerProcess = {
  readonly pid: number;
  /** Settles when the process has ended, with how. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
};

export type ServerSettings = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Holds `NAME.pid` and `NAME.log`. */
  readonly folder: string;
  readonly uid?: number;
  readonly gid?: number;
  /** What asks this server for an orderly end, and how long it may take. */
  readonly signal: NodeJS.Signals;
  readonly graceMs: number;
};

/**
 * Starts a server that belongs to this process: in a process group of its own, so that Ctrl-C in the terminal
 * does not reach it before its owner ends it in order; with a pid file, so that a later start finds it; and
 * known to the watchdog, which ends it when its owner is killed.
 */
export function startServerProcess(settings: ServerSettings): ServerProcess {
  mkdirSync(settings.folder, { recursive: true });
  const log = openSync(`${settings.folder}/${settings.name}.log`, "a");
  const user = settings.uid === undefined ? {} : { uid: settings.uid, gid: settings.gid ?? settings.uid };
  const child = spawn(settings.command, [...settings.args], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
    ...user,
  });
  closeSync(log);
  return own(child, settings);
}

function own(child: ChildProcess, settings: ServerSettings): ServerProcess {
  const ended = endOf(child);
  const mark = child.pid === undefined ? undefined : markOf(child.pid);
  const pidFile = pidFileOf(settings.folder, settings.name);
  if (mark !== undefined) {
    writeFileSync(pidFile, formatMark(mark));
    watch(formatMark(mark));
  }
  return {
    pid: child.pid ?? 0,
    ended,
    stop: async () => {
      if (mark !== undefined) await endProcess(mark, settings);
      await ended;
      rmSync(pidFile, { force: true });
    },
  };
}

/** Ends a server that an earlier, killed owner left behind in this folder. */
export async function endLeftover(folder: string, name: string, signal: NodeJS.Signals): Promise<void> {
  const pidFile = pidFileOf(folder, name);
  if (!existsSync(pidFile)) return;
  const mark = parseMark(readFileSync(pidFile, "utf8"));
  if (mark !== undefined && isRunning(mark)) await endProcess(mark, { signal, graceMs: 10_000 });
  rmSync(pidFile, { force: true });
}

function pidFileOf(folder: string, name: string): string {
  return `${folder}/${name}.pid`;
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
}

let watchdog: ChildProcess | undefined;

/** One watchdog for all servers of this process. It ends by itself when this process is gone. */
function watch(line: string): void {
  watchdog ??= startWatchdog();
  watchdog.stdin?.write(`${line}\n`);
}

function startWatchdog(): ChildProcess {
  const script = fileURLToPath(new URL("./watchdog.ts", import.meta.url));
  const child = spawn(process.execPath, [script], {
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
    cwd: "/",
  });
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return child;
}
