import { mkdirSync } from "node:fs";
import { Redis } from "ioredis";
import { freeClusterPort } from "../../launch/free-ports.ts";
import { findRedisServer } from "../../launch/redis-server.ts";
import { type ServerProcess, startServerProcess } from "../../launch/server-process.ts";
import { type BreakableProxy, openBreakableProxy } from "./breakable-proxy.ts";

/** A server of the cluster. Everybody but the cluster's own gossip reaches it through its proxy. */
export type RedisNode = {
  readonly name: string;
  readonly port: number;
  readonly proxy: BreakableProxy;
  start(): void;
  kill(): Promise<void>;
  /** In order, as an operator restarts it. */
  stop(): Promise<void>;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** One command on a connection of its own, straight to the server. */
  call(command: string, ...words: readonly string[]): Promise<unknown>;
  /** The same for a key of a slot that it is importing. */
  ask(command: string, ...words: readonly string[]): Promise<unknown>;
};

const host = "127.0.0.1";
/** The bus of the cluster is so much higher. */
export const busDistance = 10_000;
export const nodeTimeoutMs = 1_500;

export async function openRedisNode(folder: string, name: string): Promise<RedisNode> {
  const port = await freeClusterPort();
  const proxy = await openBreakableProxy(port);
  const command = findRedisServer();
  const own = `${folder}/${name}`;
  mkdirSync(own, { recursive: true });
  const args = Object.entries(optionsOf(port, proxy.port, own)).flatMap(([key, value]) => [
    `--${key}`,
    value,
  ]);
  let server: ServerProcess | undefined;
  return {
    name,
    port,
    proxy,
    start: () => {
      server = startServerProcess({ name, command, args, folder: own, signal: "SIGTERM" });
    },
    kill: async () => {
      if (server !== undefined) process.kill(server.pid, "SIGKILL");
      await server?.stop();
    },
    stop: async () => server?.stop(),
    signal: (signal) => {
      if (server !== undefined) process.kill(server.pid, signal);
    },
    call: (word, ...words) => onConnection(port, (client) => client.call(word, ...words)),
    ask: (word, ...words) =>
      onConnection(port, async (client) => {
        await client.asking();
        return client.call(word, ...words);
      }),
  };
}

function optionsOf(port: number, announcedPort: number, folder: string): Record<string, string> {
  return {
    port: String(port),
    bind: host,
    "cluster-announce-ip": host,
    "cluster-announce-port": String(announcedPort),
    "cluster-announce-bus-port": String(port + busDistance),
    dir: folder,
    "cluster-enabled": "yes",
    "cluster-config-file": "nodes.conf",
    "cluster-node-timeout": String(nodeTimeoutMs),
    // A replica takes over however far behind it is: what is forgotten then is what we are here for.
    "cluster-replica-validity-factor": "0",
    "cluster-allow-replica-migration": "no",
    // A connection between the two that went dead without a word is noticed by this, and else after a minute.
    "repl-timeout": "15",
    "repl-ping-replica-period": "3",
    appendonly: "yes",
    appendfsync: "everysec",
    save: "",
    "shutdown-timeout": "1",
  };
}

async function onConnection(port: number, work: (client: Redis) => Promise<unknown>): Promise<unknown> {
  const client = new Redis({
    host,
    port,
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 1_000,
    commandTimeout: 6_000,
    maxRetriesPerRequest: 0,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.disconnect();
  }
}
