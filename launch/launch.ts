import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { migrateDatabase } from "../foundation/postgres/migrate.ts";
import { addresses, type Demo } from "./addresses.ts";
import { environmentOf } from "./child-environment.ts";
import { type Child, type ChildName, endLeftoverChildren, startChild } from "./child-process.ts";
import { claimFolder, forgetAddresses, noteAddresses } from "./data-folder.ts";
import { portTrouble } from "./free-ports.ts";
import { LaunchError } from "./launch-error.ts";
import type { LaunchOptions } from "./launch-options.ts";
import { type Storage, startStorage } from "./storage.ts";

type Launch = {
  storage?: Storage;
  readonly children: Child[];
  stopping: boolean;
  /** Settles when a part has ended by itself, with which and how. */
  readonly broken: PromiseWithResolvers<string>;
};

type Environment = Readonly<Record<string, string>>;

/** The gateway's, the payment sandbox's, and the mail catcher's two. */
const portCount = 4;
/** The server drains for 3 s at most; the storage has what is left of the 5 s that an end may take. */
const grace = { serverMs: 3_300, outsideMs: 300, storageMs: 4_600, allMs: 4_900 };

/** Starts everything in order, tells where it is, stays until it is asked to end, and ends everything in order. */
export async function launch(options: LaunchOptions): Promise<void> {
  const freeFolder = claimFolder(options.data);
  try {
    await endLeftoverChildren(processFolder(options));
    await refuseTakenPorts(options.port);
    await runUntilAsked(options);
  } finally {
    forgetAddresses(options.data);
    freeFolder();
  }
}

async function runUntilAsked(options: LaunchOptions): Promise<void> {
  const current: Launch = { children: [], stopping: false, broken: Promise.withResolvers() };
  const asked = untilAsked();
  const starting = startAll(options, current);
  try {
    const broken = await Promise.race([asked, current.broken.promise, untilFailed(starting)]);
    if (broken !== undefined)
      throw new LaunchError(`${broken} ended by itself; everything else is ended with it.`);
    process.stderr.write("\n  ending; a second Ctrl-C does not wait\n");
  } finally {
    await stopAll(current, starting);
  }
}

/** Settles with nothing when somebody asks for the end. A second Ctrl-C does not wait: the watchdog ends the rest. */
function untilAsked(): Promise<undefined> {
  return new Promise((resolve) => {
    let interrupts = 0;
    const onSignal = (signal: NodeJS.Signals) => {
      if (signal === "SIGINT") interrupts += 1;
      if (interrupts > 1) process.exit(130);
      resolve(undefined);
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  });
}

/** Fails when the start fails, and says nothing about one that succeeds. */
function untilFailed(starting: Promise<void>): Promise<never> {
  return starting.then(() => new Promise<never>(() => undefined));
}

function processFolder(options: LaunchOptions): string {
  return join(options.data, "processes");
}

async function startAll(options: LaunchOptions, current: Launch): Promise<void> {
  const storage = await step(current, "Redis Cluster and Postgres", () =>
    startStorage(options.data, process.env),
  );
  current.storage = storage;
  void storage.broken.then(current.broken.resolve);
  const environment = environmentOf(options, storage);
  const start = (name: ChildName) =>
    startInto(current, () => startChild(name, processFolder(options), environment));
  await step(current, "database schema", () => migrateDatabase(storage.databaseUrl));
  await step(current, "payment sandbox and mail catcher", () =>
    Promise.all([start("payment sandbox"), start("mail catcher")]),
  );
  const demo = options.demo ? await step(current, "demo event", () => loadDemo(environment)) : undefined;
  await step(current, "gateway, admission and worker", () => start("server"));
  noteAddresses(options.data, environment);
  process.stdout.write(addresses(options, environment, demo));
}

async function startInto(current: Launch, startOne: () => Child): Promise<void> {
  const child = startOne();
  current.children.push(child);
  void child.ended.then((how) => current.broken.resolve(`The ${child.name} (${how})`));
  await child.ready;
}

async function loadDemo(environment: Environment): Promise<Demo> {
  const script = fileURLToPath(new URL("./demo.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script], {
    env: { ...process.env, ...environment },
  });
  return JSON.parse(stdout) as Demo;
}

async function refuseTakenPorts(first: number): Promise<void> {
  for (let port = first; port < first + portCount; port += 1) {
    const trouble = await portTrouble(port);
    if (trouble === undefined) continue;
    const why = trouble === "taken" ? "is taken by another program" : "may not be used by this user";
    throw new LaunchError(
      `Port ${port} ${why}; Onsale needs ${first} to ${first + portCount - 1}. Choose others: npm start -- --port NUMBER`,
    );
  }
}

async function step<Result>(current: Launch, name: string, work: () => Promise<Result>): Promise<Result> {
  if (current.stopping) throw new LaunchError(`The end was asked for before the step: ${name}.`);
  const startedAt = performance.now();
  const result = await work();
  process.stderr.write(`  ${name} (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)\n`);
  return result;
}

/**
 * The server first, so that it can still finish what it began; then the outside world; then, when no step of the
 * start is under way any more, the storage. What is not over in time is left to the watchdog.
 */
async function stopAll(current: Launch, starting: Promise<void>): Promise<void> {
  current.stopping = true;
  const beganAt = performance.now();
  const timer = setTimeout(() => process.exit(1), grace.allMs);
  await stopChildren(current);
  await Promise.allSettled([starting]);
  await stopChildren(current);
  await current.storage?.stop(beganAt + grace.storageMs - performance.now());
  clearTimeout(timer);
}

async function stopChildren({ children }: Launch): Promise<void> {
  const server = children.filter((child) => child.name === "server");
  const others = children.filter((child) => child.name !== "server");
  await Promise.all(server.map((child) => child.stop(grace.serverMs)));
  await Promise.all(others.map((child) => child.stop(grace.outsideMs)));
}
