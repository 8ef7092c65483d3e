import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connectRedis, type Redis } from "../../foundation/redis/connect.ts";
import { type RedisCluster, startRedisCluster } from "../../launch/redis-server.ts";
import type { Run } from "../bench/suite.ts";
import { silent } from "./room-server.ts";

/** A server that loses something and comes back, and a connection that lives on. */
export type MortalRedis = {
  readonly redis: Redis;
  /** What is written from now on is lost in a crash. */
  stopKeeping(): Promise<void>;
  /** Killed -9 and started again from what it kept. */
  crash(): Promise<void>;
  flushAll(): Promise<void>;
  stop(): Promise<void>;
};

const backWithinMs = 20_000;

export async function startMortalRedis({ folder }: Pick<Run, "folder">): Promise<MortalRedis> {
  const settings = { masters: 1, folder: join(folder, "mortal"), persist: true };
  let cluster: RedisCluster = await startRedisCluster(settings);
  const redis = connectRedis(cluster.urls, silent);
  const onNodes = (command: string, ...args: string[]) =>
    Promise.all(redis.nodes("master").map((node) => node.call(command, ...args)));
  return {
    redis,
    async stopKeeping() {
      await onNodes("CONFIG", "SET", "appendonly", "no");
    },
    async crash() {
      const ports = cluster.nodes.map(({ port }) => port);
      for (const { process: server } of cluster.nodes) process.kill(server.pid, "SIGKILL");
      await cluster.stop();
      cluster = await startRedisCluster({ ...settings, ports });
      await untilAnswering(redis);
    },
    async flushAll() {
      await onNodes("FLUSHALL");
    },
    async stop() {
      redis.disconnect();
      await cluster.stop();
    },
  };
}

/** The connection notices by itself that the server is there again. */
async function untilAnswering(redis: Redis): Promise<void> {
  const deadline = performance.now() + backWithinMs;
  for (;;) {
    const answer = await redis.get("{any}").catch((error: unknown) => error);
    if (answer === null) return;
    if (performance.now() > deadline) throw new Error("the server did not come back", { cause: answer });
    await pause(20);
  }
}
