import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** All of Onsale as `npm start` runs it. */
export type Launched = {
  readonly pid: number;
  readonly url: string;
  readonly output: () => string;
  /** Settles with the exit code when the launcher has ended. */
  readonly ended: Promise<number | null>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
};

const script = fileURLToPath(new URL("../../launch/start.ts", import.meta.url));
const readyWithinMs = 60_000;

export async function launchOnsale(
  port: number,
  folder: string,
  args: readonly string[] = [],
): Promise<Launched> {
  const child = spawn(process.execPath, [script, "--port", String(port), "--data", folder, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
  const output = () => lines.join("");
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  await ready(child, output);
  const stop = (signal: NodeJS.Signals = "SIGINT") => {
    child.kill(signal);
    return ended;
  };
  return { pid: child.pid ?? 0, url: `http://127.0.0.1:${port}`, output, ended, stop };
}

function ready(child: ChildProcess, output: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`npm start ${why}:\n${output()}`));
    const timer = setTimeout(() => fail(`was not ready within ${readyWithinMs} ms`), readyWithinMs);
    const look = () => {
      if (!output().includes("Onsale is ready")) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on("data", look);
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}
