import { pino } from "pino";
import { inject } from "vitest";
import { connectRedis, type Redis } from "../../foundation/redis/connect.ts";

/** The nodes of the run's shared cluster. Tests that break servers start a cluster of their own. */
export function testRedisNodes(): string[] {
  return inject("redisUrls");
}

export function connectTestRedis(): Redis {
  return connectRedis(testRedisNodes(), pino({ level: "silent" }));
}
