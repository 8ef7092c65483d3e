import { type ChildProcess, fork } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { endOf } from "../../launch/server-process.ts";
import { type BreakableProxy, openBreakableProxy } from "./breakable-proxy.ts";
import { holdsWithin, mustHold } from "./poll.ts";

/** A process of Onsale that dies and is started again, with a way to Postgres of its own. */
export type AppProcess = {
  readonly name: string;
  readonly url: string;
  readonly postgres: BreakableProxy;
  /** Tried until it is ready, as a supervisor does. */
  start(): Promise<void>;
  kill(): Promise<void>;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** How it ended though nobody ended it; what it said is in its log. */
  endedByItself(): string | undefined;
  stop(): Promise<void>;
};

export type AppSettings = {
  readonly name: string;
  readonly logFile: string;
  readonly postgresUrl: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
};

type Running = { readonly child: ChildProcess; readonly ended: Promise<string>; how?: string };

const script = fileURLToPath(new URL("../../app/server.ts", import.meta.url));
const startsWithinMs = 60_000;
const endsWithinMs = 20_000;

export async function openAppProcess(settings: AppSettings): Promise<AppProcess> {
  const { name, port } = settings;
  const address = new URL(settings.postgresUrl);
  const postgres = await openBreakableProxy(Number(address.port));
  address.port = String(postgres.port);
  const environment = { ...settings.environment, DATABASE_URL: address.href, HTTP_PORT: String(port) };
  let running: Running | undefined;

  async function startOnce(): Promise<boolean> {
    const started = spawnApp(settings.logFile, environment);
    const isReady = await ready(started);
    running = isReady ? started : undefined;
    return isReady;
  }

  async function end(signal: NodeJS.Signals): Promise<Running | undefined> {
    const last = running;
    running = undefined;
    last?.child.kill(signal);
    return last;
  }

  return {
    name,
    url: `http://127.0.0.1:${port}`,
    postgres,
    start: () => mustHold(`${name} to start`, startsWithinMs, startOnce),
    kill: async () => {
      const last = await end("SIGKILL");
      await last?.ended;
    },
    signal: (signal) => void running?.child.kill(signal),
    endedByItself: () => {
      const how = running?.how;
      if (how !== undefined) running = undefined;
      return how;
    },
    stop: async () => {
      const last = await end("SIGTERM");
      const isOrderly = await holdsWithin(endsWithinMs, () => last === undefined || last.how !== undefined);
      last?.child.kill("SIGKILL");
      postgres.close();
      if (!isOrderly) throw new Error(`${name} did not end within ${endsWithinMs} ms`);
    },
  };
}

function spawnApp(logFile: string, environment: Readonly<Record<string, string>>): Running {
  const log = openSync(logFile, "a");
  const child = fork(script, [], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", log, log, "ipc"],
    execArgv: [],
  });
  closeSync(log);
  const running: Running = { child, ended: endOf(child) };
  void running.ended.then((how) => {
    running.how = how;
  });
  return running;
}

function ready({ child, ended }: Running): Promise<boolean> {
  const said = new Promise<boolean>((resolve) => {
    child.on("message", (message: { type?: string }) => {
      if (message.type === "ready") resolve(true);
    });
  });
  return Promise.race([said, ended.then(() => false)]);
}
