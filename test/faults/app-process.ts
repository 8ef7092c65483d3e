import { appendFileSync } from "node:fs";
import { isRunning, markOf, type ProcessMark } from "../../launch/process-mark.ts";
import { startChild, type TestChild } from "../harness/child.ts";
import { type BreakableProxy, openBreakableProxy } from "./breakable-proxy.ts";
import { mustHold } from "./poll.ts";

/** A process of Onsale that dies and is started again, with a way to Postgres of its own. */
export type AppProcess = {
  readonly name: string;
  readonly url: string;
  readonly postgres: BreakableProxy;
  /** Tried until it is ready, as a supervisor does. */
  start(): Promise<void>;
  kill(): Promise<void>;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Whether it ended though nobody ended it; what it said is in its log. */
  endedByItself(): boolean;
  stop(): Promise<void>;
};

export type AppSettings = {
  readonly name: string;
  readonly logFile: string;
  readonly postgresUrl: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
};

const startsWithinMs = 60_000;
const endsWithinMs = 20_000;

export async function openAppProcess(settings: AppSettings): Promise<AppProcess> {
  const { name, logFile, port } = settings;
  const address = new URL(settings.postgresUrl);
  const postgres = await openBreakableProxy(Number(address.port));
  address.port = String(postgres.port);
  const environment = { ...settings.environment, DATABASE_URL: address.href, HTTP_PORT: String(port) };
  let child: TestChild | undefined;
  let mark: ProcessMark | undefined;

  function forget(): TestChild | undefined {
    const last = child;
    if (last !== undefined) appendFileSync(logFile, last.output());
    child = undefined;
    mark = undefined;
    return last;
  }

  async function startOnce(): Promise<boolean> {
    child = await startChild("app/server.ts", environment).catch((error: Error) => {
      appendFileSync(logFile, `${error.message}\n`);
      return undefined;
    });
    mark = child && markOf(child.pid);
    return child !== undefined;
  }

  return {
    name,
    url: `http://127.0.0.1:${port}`,
    postgres,
    start: () => mustHold(`${name} to start`, startsWithinMs, startOnce),
    kill: async () => {
      mark = undefined;
      await child?.kill("SIGKILL");
      forget();
    },
    signal: (signal) => {
      if (child !== undefined && mark !== undefined && isRunning(mark)) process.kill(child.pid, signal);
    },
    endedByItself: () => {
      const ended = mark !== undefined && !isRunning(mark);
      if (ended) forget();
      return ended;
    },
    stop: async () => {
      mark = undefined;
      await child?.stop(endsWithinMs);
      forget();
      postgres.close();
    },
  };
}
