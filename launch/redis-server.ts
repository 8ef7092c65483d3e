import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { freeClusterPort } from "./free-ports.ts";
import { LaunchError } from "./launch-error.ts";
import { endLeftover } from "./pid-file.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

export type RedisNode = { readonly host: string; readonly port: number; readonly process: ServerProcess };
export type RedisCluster = {
  readonly nodes: readonly RedisNode[];
  readonly urls: readonly string[];
  stop(graceMs?: number): Promise<void>;
};

export type ClusterSettings = {
  readonly masters: number;
  readonly folder: string;
  readonly ports?: readonly number[];
  /** Whether the data outlives the servers. */
  readonly persist: boolean;
};

const host = "127.0.0.1";
const slots = 16_384;
const readyWithinMs = 15_000;
/** A master that is silent this long is taken for dead. */
const nodeTimeoutMs = 2_000;

/** A real Redis Cluster of servers on this machine; ready when every node says so. */
export async function startRedisCluster(settings: ClusterSettings): Promise<RedisCluster> {
  const command = findRedisServer();
  const nodes: RedisNode[] = [];
  for (let index = 0; index < settings.masters; index += 1)
    nodes.push(await startNode(command, settings, index));
  const stop = async (graceMs?: number) => {
    await Promise.all(nodes.map((node) => node.process.stop(graceMs)));
  };
  try {
    await formCluster(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, urls: nodes.map((node) => `redis://${node.host}:${node.port}`), stop };
}

/** The first of `redis-server` and `valkey-server` on the PATH that is new enough. */
export function findRedisServer(): string {
  for (const command of ["redis-server", "valkey-server"]) {
    const major = majorVersion(command);
    if (major !== undefined && major >= 7) return command;
  }
  throw new LaunchError("No Redis or Valkey server of version 7 or later is on the PATH.");
}

function majorVersion(command: string): number | undefined {
  try {
    const text = execFileSync(command, ["--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const found = /v=(\d+)\./.exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    // Not on the PATH.
    return undefined;
  }
}

async function startNode(command: string, settings: ClusterSettings, index: number): Promise<RedisNode> {
  const name = `redis-${index}`;
  const folder = `${settings.folder}/${name}`;
  mkdirSync(folder, { recursive: true });
  await endLeftover(folder, name, "SIGTERM");
  const port = settings.ports?.[index] ?? (await freeClusterPort());
  const args = Object.entries(nodeOptions(port, folder, settings.persist));
  const flat = args.flatMap(([option, value]) => [`--${option}`, value]);
  const process = startServerProcess({ name, command, args: flat, folder, signal: "SIGTERM" });
  return { host, port, process };
}

function nodeOptions(port: number, folder: string, persist: boolean): Record<string, string> {
  return {
    port: String(port),
    bind: host,
    // A node that never met another does not know its own address, and clients could not follow it there.
    "cluster-announce-ip": host,
    dir: folder,
    "cluster-enabled": "yes",
    "cluster-config-file": "nodes.conf",
    "cluster-node-timeout": String(nodeTimeoutMs),
    appendonly: persist ? "yes" : "no",
    appendfsync: "everysec",
    // It keeps a histogram of every command, at 1 to 2 µs of CPU a claim.
    "latency-tracking": "no",
    save: "",
    "shutdown-timeout": "2",
  };
}

async function formCluster(nodes: readonly RedisNode[]): Promise<void> {
  const clients = nodes.map(connect);
  try {
    await Promise.race([makeReady(nodes, clients), ...nodes.map(failWhenEnded)]);
  } finally {
    for (const client of clients) client.disconnect();
  }
}

function connect(node: RedisNode): Redis {
  const client = new Redis({
    host: node.host,
    port: node.port,
    retryStrategy: () => 50,
    maxRetriesPerRequest: null,
  });
  // While a server starts, connections are refused; the client tries again by itself.
  client.on("error", () => undefined);
  return client;
}

async function makeReady(nodes: readonly RedisNode[], clients: readonly Redis[]): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  await Promise.all(clients.map((client, index) => takeSlots(client, index, clients.length)));
  for (const client of clients.slice(1)) await client.call("CLUSTER", "MEET", host, String(nodes[0]?.port));
  while (!(await allSayReady(clients))) {
    if (Date.now() > deadline)
      throw new LaunchError(`The Redis Cluster was not ready within ${readyWithinMs / 1_000} s.`);
    await pause(20);
  }
}

async function takeSlots(client: Redis, index: number, count: number): Promise<void> {
  if (/cluster_slots_assigned:[1-9]/.test(await info(client))) return;
  const first = Math.floor((index * slots) / count);
  const last = Math.floor(((index + 1) * slots) / count) - 1;
  await client.call("CLUSTER", "SET-CONFIG-EPOCH", index + 1);
  await client.call("CLUSTER", "ADDSLOTSRANGE", first, last);
}

async function allSayReady(clients: readonly Redis[]): Promise<boolean> {
  const wanted = ["cluster_state:ok", `cluster_slots_ok:${slots}`, `cluster_known_nodes:${clients.length}`];
  const answers = await Promise.all(clients.map(info));
  return answers.every((text) => wanted.every((line) => text.includes(line)));
}

async function info(client: Redis): Promise<string> {
  return String(await client.call("CLUSTER", "INFO"));
}

async function failWhenEnded(node: RedisNode): Promise<never> {
  const how = await node.process.ended;
  throw new LaunchError(
    `The Redis server at port ${node.port} ended at its start (${how}); its log is beside its data.`,
  );
}
