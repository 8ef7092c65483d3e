import { join } from "node:path";
import { Redis as NodeClient } from "ioredis";
import { createLogger } from "../../foundation/log.ts";
import { connectRedis } from "../../foundation/redis/connect.ts";
import { startRedisCluster } from "../../launch/redis-server.ts";
import type { Measurement } from "../bench/report.ts";
import type { Part, Run } from "../bench/suite.ts";
import { flatAnswers } from "./flat-answers.ts";
import { flatBookings } from "./flat-bookings.ts";
import { flatClaims } from "./flat-claims.ts";

/** What a claim and a booking cost does not grow with the event, with the section, or with what was sold before. */
export const flatPart: Part = {
  name: "flat",
  async measure(run) {
    return [...(await claims(run)), ...(await flatAnswers(run)), ...(await flatBookings(run))];
  },
};

async function claims({ tiny, folder }: Run): Promise<Measurement[]> {
  const cluster = await startRedisCluster({ masters: 1, folder: join(folder, "flat"), persist: false });
  const redis = connectRedis(cluster.urls, createLogger("bench", "error"));
  const node = new NodeClient({ host: "127.0.0.1", port: cluster.nodes[0]?.port ?? 0 });
  try {
    return await flatClaims({ redis, node }, tiny ? 1 : 20);
  } finally {
    redis.disconnect();
    node.disconnect();
    await cluster.stop();
  }
}
