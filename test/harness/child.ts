import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

export type TestChild = {
  readonly pid: number;
  /** What it said when it was ready. */
  readonly url: string;
  readonly output: () => string;
  kill(signal: NodeJS.Signals): Promise<void>;
  /** An orderly end; fails if it takes longer than `withinMs`. */
  stop(withinMs?: number): Promise<void>;
};

/** Starts a script of the project as a process of its own and waits until it says that it is ready. */
export async function startChild(
  script: string,
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<TestChild> {
  const path = fileURLToPath(new URL(`../../${script}`, import.meta.url));
  const child = fork(path, [...args], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    execArgv: [],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await ready(child, script, () => lines.join(""));
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  return {
    pid: child.pid ?? 0,
    url,
    output: () => lines.join(""),
    kill,
    stop: (withinMs = 10_000) => stop(child, ended, withinMs),
  };
}

async function stop(child: ChildProcess, ended: Promise<void>, withinMs: number): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), withinMs);
  await ended;
  clearTimeout(timer);
  if (child.signalCode === "SIGKILL") throw new Error(`the process did not end within ${withinMs} ms`);
}

function ready(child: ChildProcess, script: string, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on("message", (message: { type?: string; url?: string }) => {
      if (message.type === "ready") resolve(message.url ?? "");
    });
    child.once("exit", (code, signal) =>
      reject(new Error(`${script} ended (${code ?? signal}):\n${output()}`)),
    );
    child.once("error", reject);
  });
}
