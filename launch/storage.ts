import { join } from "node:path";
import { storagePorts } from "./data-folder.ts";
import { endLeftover } from "./pid-file.ts";
import { startPostgres } from "./postgres-server.ts";
import { startRedisCluster } from "./redis-server.ts";

export type Storage = {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Settles when a server ended by itself, with which and how. */
  readonly broken: Promise<string>;
  stop(graceMs: number): Promise<void>;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Redis and Postgres of this machine with their data in `folder`, each only where the environment names none. */
export async function startStorage(folder: string, environment: Environment): Promise<Storage> {
  await endLeftover(join(folder, "redis", "redis-0"), "redis-0", "SIGTERM");
  await endLeftover(join(folder, "postgres"), "postgres", "SIGINT");
  const ports = await storagePorts(folder);
  const [redis, postgres] = await startBoth(
    environment["REDIS_URL"]
      ? undefined
      : () =>
          startRedisCluster({
            masters: 1,
            folder: join(folder, "redis"),
            ports: [ports.redis],
            persist: true,
          }),
    environment["DATABASE_URL"]
      ? undefined
      : () => startPostgres({ folder: join(folder, "postgres"), port: ports.postgres, durable: true }),
  );
  const ends = [
    ...(redis?.nodes ?? []).map((node) => node.process.ended.then((how) => `Redis (${how})`)),
    ...(postgres === undefined ? [] : [postgres.process.ended.then((how) => `Postgres (${how})`)]),
  ];
  return {
    databaseUrl: environment["DATABASE_URL"] ?? postgres?.url ?? "",
    redisUrl: environment["REDIS_URL"] ?? redis?.urls.join(",") ?? "",
    broken: ends.length === 0 ? new Promise(() => undefined) : Promise.race(ends),
    stop: async (graceMs) => {
      await Promise.all([redis?.stop(graceMs), postgres?.stop(graceMs)]);
    },
  };
}

type Stoppable = { stop(): Promise<void> };

/** Both at once; where one cannot start, the other is ended before the failure is told. */
async function startBoth<First extends Stoppable, Second extends Stoppable>(
  first: (() => Promise<First>) | undefined,
  second: (() => Promise<Second>) | undefined,
): Promise<[First | undefined, Second | undefined]> {
  const [one, two] = await Promise.allSettled([first?.(), second?.()]);
  if (one.status === "fulfilled" && two.status === "fulfilled") return [one.value, two.value];
  for (const result of [one, two]) if (result.status === "fulfilled") await result.value?.stop();
  throw one.status === "rejected" ? one.reason : (two as PromiseRejectedResult).reason;
}
