import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { callerOf } from "./calls.ts";
import type { MeterCalls } from "./meter.ts";

export type MeteredProcess = {
  readonly child: ChildProcess;
  /** What it said when it was ready: `{ type: "ready", ... }`, as our server does. */
  readonly ready: Readonly<Record<string, unknown>>;
  memoryBytes(): Promise<number>;
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
};

const meter = new URL("./meter.ts", import.meta.url).href;
const endWithinMs = 10_000;

/** Starts a script of the project (its path from the root) that can be asked what it takes, and waits until it is ready. */
export async function startMetered(
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<MeteredProcess> {
  const path = fileURLToPath(new URL(`../../${script}`, import.meta.url));
  const child = fork(path, [], {
    env: { ...process.env, ...environment },
    execArgv: ["--expose-gc", "--import", meter],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const call = callerOf<MeterCalls>(child);
  return {
    child,
    ready: await readyOf(child, script),
    memoryBytes: () => call("memoryBytes", null),
    cpuMs: () => call("cpuMs", null),
    stop: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), endWithinMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

function readyOf(child: ChildProcess, script: string): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    child.on("message", (message: { type?: string }) => {
      if (message.type === "ready") resolve(message);
    });
    child.once("exit", (code, signal) =>
      reject(new Error(`${script} ended at its start (${code ?? signal})`)),
    );
    child.once("error", reject);
  });
}
