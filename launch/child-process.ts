import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { endProcess, markOf } from "./process-mark.ts";

export type Child = {
  readonly name: string;
  readonly url: string;
  /** Settles when the process has ended, with how. */
  readonly ended: Promise<string>;
  stop(graceMs: number): Promise<void>;
  kill(): void;
};

/**
 * Starts one of our own processes and waits until it says that it is ready. It is out of the terminal's process
 * group, so that Ctrl-C reaches the launcher alone, and it ends itself when the channel to the launcher closes.
 */
export async function startChild(
  name: string,
  script: string,
  environment: Readonly<Record<string, string>>,
): Promise<Child> {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const child = fork(path, [], {
    detached: true,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: [],
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  const ready = new Promise<string>((resolve) => {
    child.on("message", (message: { type?: string; url?: string }) => {
      if (message.type === "ready") resolve(message.url ?? "");
    });
  });
  const failed = ended.then((how) => {
    throw new Error(`The ${name} ended at its start (${how}).`);
  });
  const url = await Promise.race([ready, failed]);
  // From here on an end is told by `ended`.
  failed.catch(() => undefined);
  const mark = child.pid === undefined ? undefined : markOf(child.pid);
  const stop = async (graceMs: number) => {
    if (mark !== undefined) await endProcess(mark, { signal: "SIGTERM", graceMs });
    await ended;
  };
  return { name, url, ended, stop, kill: () => child.kill("SIGKILL") };
}
