import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { waitFor } from "../test/harness/wait-for.ts";
import { freePortRow } from "./free-ports.ts";

export type TestLaunch = {
  readonly pid: number;
  /** What it wrote to both of its outputs. */
  output(): string;
  ready(): Promise<void>;
  send(signal: NodeJS.Signals): void;
  /** Settles with the exit code or signal, when all that shared its outputs has ended too. */
  readonly ended: Promise<number | string>;
  /** The same of this process alone. */
  readonly gone: Promise<number | string>;
};

export type TestSite = {
  readonly data: string;
  readonly port: number;
  readonly gateway: string;
  eventIds(): Promise<string[]>;
  launch(...args: string[]): TestLaunch;
  /** Every process that belongs to this site, whoever its parent is. */
  processes(): number[];
  /** `kill -9` of every one of them. */
  killAll(): void;
  untilAllEnded(withinMs?: number): Promise<void>;
  remove(): Promise<void>;
};

/** A data folder and ports of its own, and `npm start` on them as often as a test wants. */
export async function createTestSite(): Promise<TestSite> {
  const data = mkdtempSync(join(tmpdir(), "onsale-launch-"));
  const port = await freePortRow(4);
  const mark = `ONSALE_TEST_SITE=${randomUUID()}`;
  const processes = () => findProcesses(mark, data);
  const untilAllEnded = async (withinMs = 15_000) => {
    await waitFor(() => processes().length === 0, { what: "the end of every process of the site", withinMs });
  };
  const launch = (...args: string[]) => startLaunch(["--port", String(port), "--data", data, ...args], mark);
  const killAll = () => processes().forEach(killHard);
  const remove = async () => {
    killAll();
    await untilAllEnded();
    rmSync(data, { recursive: true, force: true });
  };
  const gateway = `http://127.0.0.1:${port}`;
  const eventIds = () => readEventIds(gateway);
  return { data, port, gateway, eventIds, launch, processes, killAll, untilAllEnded, remove };
}

function killHard(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It has ended together with one that was killed before it.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function readEventIds(gateway: string): Promise<string[]> {
  const response = await fetch(`${gateway}/v1/events`);
  return ((await response.json()) as { events: { id: string }[] }).events.map((event) => event.id);
}

function startLaunch(args: readonly string[], mark: string): TestLaunch {
  const [name = "", value = ""] = mark.split("=");
  const script = fileURLToPath(new URL("./start.ts", import.meta.url));
  const { DATABASE_URL: _, REDIS_URL: __, ...environment } = process.env;
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...environment, NODE_ENV: "development", [name]: value },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  const output = () => chunks.join("");
  return {
    pid: child.pid ?? 0,
    output,
    ready: () => untilReady(child, output),
    send: (signal) => void child.kill(signal),
    ended: endOf(child, "close"),
    gone: endOf(child, "exit"),
  };
}

function endOf(child: ChildProcess, event: "exit" | "close"): Promise<number | string> {
  return new Promise((resolve) => child.once(event, (code, signal) => resolve(code ?? signal ?? "")));
}

async function untilReady(child: ChildProcess, output: () => string): Promise<void> {
  const isReady = () => {
    if (child.exitCode !== null) throw new Error(`the launcher ended at its start:\n${output()}`);
    return output().includes("Onsale is ready");
  };
  await waitFor(isReady, { what: "the launcher to be ready", withinMs: 25_000 });
}

/** Redis overwrites its own environment and arguments, but works in its folder; Postgres names its own. */
function findProcesses(mark: string, data: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, "latin1").includes(mark) ||
          readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(data) ||
          readlinkSync(`/proc/${pid}/cwd`).startsWith(data)
        );
      } catch {
        // It ended meanwhile, or belongs to somebody else.
        return false;
      }
    })
    .map(Number);
}
