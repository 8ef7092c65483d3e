import { startChild, type TestChild } from "./child.ts";
import type { Till } from "./money.ts";
import { testRedisNodes } from "./redis.ts";
import type { Shop } from "./shop.ts";

/** A worker in a process of its own, which a test can kill. */
export function startWorker({ databaseUrl }: Shop, { settings }: Till): Promise<TestChild> {
  return startChild("app/server.ts", {
    ...settings,
    ONSALE_ROLES: "worker",
    LOG_LEVEL: "warn",
    DATABASE_URL: databaseUrl,
    REDIS_URL: testRedisNodes().join(","),
  });
}
