import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { guardProcess } from "./guard.ts";
import { notePid } from "./pid-file.ts";
import { endProcess, markOf } from "./process-mark.ts";

export type ServerProcess = {
  readonly pid: number;
  /** Settles when the process has ended, with how. */
  readonly ended: Promise<string>;
  /** An orderly end, or a hard one after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
};

export type ServerSettings = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Holds `NAME.pid` and `NAME.log`. */
  readonly folder: string;
  /** What asks this server for an orderly end. */
  readonly signal: NodeJS.Signals;
};

const stopGraceMs = 4_000;

/**
 * Starts a server that belongs to this process: in a process group of its own, so that Ctrl-C in the terminal
 * does not reach it before its owner ends it in order; with a pid file, so that a later start finds it; and
 * guarded, so that it ends when its owner is killed.
 */
export function startServerProcess(settings: ServerSettings): ServerProcess {
  mkdirSync(settings.folder, { recursive: true });
  const log = openSync(`${settings.folder}/${settings.name}.log`, "a");
  const child = spawn(settings.command, [...settings.args], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
  });
  closeSync(log);
  return own(child, settings);
}

function own(child: ChildProcess, settings: ServerSettings): ServerProcess {
  const ended = endOf(child);
  const mark = child.pid === undefined ? undefined : markOf(child.pid);
  if (mark !== undefined) guardProcess(mark);
  const forget = mark === undefined ? undefined : notePid(settings.folder, settings.name, mark);
  return {
    pid: child.pid ?? 0,
    ended,
    stop: async (graceMs = stopGraceMs) => {
      if (mark !== undefined) await endProcess(mark, { signal: settings.signal, graceMs });
      await ended;
      forget?.();
    },
  };
}

/** How a process of ours ended, once it has. */
export function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
}
