import { rmSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { migrateDatabase } from "../foundation/postgres/migrate.ts";
import { startPostgres } from "../launch/postgres-server.ts";
import { startRedisCluster } from "../launch/redis-server.ts";
import { createRunFolder } from "./run-folder.ts";

declare module "vitest" {
  export interface ProvidedContext {
    redisUrls: string[];
    postgresUrl: string;
  }
}

/** One Redis Cluster and one Postgres for the whole run; the database `onsale` is the template of every test's own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await createRunFolder();
  const [redis, postgres] = await Promise.all([
    startRedisCluster({ masters: 3, folder, persist: false }),
    startMigratedPostgres(folder),
  ]);
  project.provide("redisUrls", [...redis.urls]);
  project.provide("postgresUrl", postgres.url);
  return async () => {
    await Promise.all([redis.stop(), postgres.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
}

async function startMigratedPostgres(folder: string) {
  const postgres = await startPostgres({ folder: join(folder, "postgres"), durable: false });
  await migrateDatabase(postgres.url);
  return postgres;
}
