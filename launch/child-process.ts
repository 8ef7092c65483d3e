import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { guardProcess } from "./guard.ts";
import { LaunchError } from "./launch-error.ts";
import { endLeftover, notePid } from "./pid-file.ts";
import { endProcess, markOf } from "./process-mark.ts";
import { endOf } from "./server-process.ts";

export type Child = {
  readonly name: ChildName;
  /** Settles when the process serves; fails when it ended before. */
  readonly ready: Promise<void>;
  /** Settles when the process has ended, with how. */
  readonly ended: Promise<string>;
  stop(graceMs: number): Promise<void>;
};

/** Our own processes, in the order of their end: the server first, so that it can still finish what it began. */
const childScripts = {
  server: "app/server.ts",
  "payment sandbox": "outside/payment-sandbox/server.ts",
  "mail catcher": "outside/mail-catcher/server.ts",
} as const;
export type ChildName = keyof typeof childScripts;

/** Ends what a killed launcher left behind in this folder. */
export async function endLeftoverChildren(folder: string): Promise<void> {
  for (const name of Object.keys(childScripts)) await endLeftover(folder, name, "SIGTERM");
}

/**
 * Starts one of our own processes. It is out of the terminal's process group, so that Ctrl-C reaches the launcher
 * alone, and it ends itself when the channel to the launcher closes.
 */
export function startChild(
  name: ChildName,
  folder: string,
  environment: Readonly<Record<string, string>>,
): Child {
  const path = fileURLToPath(new URL(`../${childScripts[name]}`, import.meta.url));
  const child = fork(path, [], {
    detached: true,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: [],
  });
  const ended = endOf(child);
  const mark = child.pid === undefined ? undefined : markOf(child.pid);
  if (mark !== undefined) guardProcess(mark);
  const forget = mark === undefined ? undefined : notePid(folder, name, mark);
  const served = new Promise<void>((resolve) => {
    child.on("message", (message: { type?: string }) => {
      if (message.type === "ready") resolve();
    });
  });
  const stop = async (graceMs: number) => {
    if (mark !== undefined) await endProcess(mark, { signal: "SIGTERM", graceMs });
    await ended;
    forget?.();
  };
  return { name, ready: Promise.race([served, failAtEnd(name, ended)]), ended, stop };
}

async function failAtEnd(name: string, ended: Promise<string>): Promise<never> {
  throw new LaunchError(`The ${name} ended at its start (${await ended}).`);
}
