import { Cluster, type Redis as RedisNode } from "ioredis";
import type { Logger } from "../log.ts";
import { gatherWrites } from "./gather-writes.ts";
import { QuietConnector } from "./quiet-connector.ts";

export type Redis = Cluster;

/** How long a call to Redis may take before it is given up; longer than a fail-over of the cluster. */
const commandTimeoutMs = 5_000;

/**
 * Automatic pipelining stays off: while slots migrate it hands callers MOVED errors (docs/adr/0003). We
 * coalesce in our own code instead, and what remains leaves in one write a turn. `retryDelayOnFailover × maxRedirections` (10 s) exceeds the time in which
 * a replica takes over, so a fail-over is a delay and not an error.
 */
export function connectRedis(nodeUrls: readonly string[], logger: Logger): Redis {
  const redis = new Cluster([...nodeUrls], {
    enableAutoPipelining: false,
    shardedSubscribers: true,
    scaleReads: "master",
    maxRedirections: 50,
    retryDelayOnFailover: 200,
    retryDelayOnClusterDown: 200,
    retryDelayOnTryAgain: 50,
    // While masters disagree for a moment about who has a slot, each points at the other.
    retryDelayOnMoved: 20,
    slotsRefreshTimeout: 2_000,
    clusterRetryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 1_000),
    redisOptions: {
      Connector: QuietConnector,
      commandTimeout: commandTimeoutMs,
      // A connection whose other end is gone without a word would take commands, and time them out, for ever.
      socketTimeout: commandTimeoutMs,
      connectTimeout: 2_000,
      maxRetriesPerRequest: 20,
    },
  });
  redis.on("+node", (node: RedisNode) => {
    node.on("connect", () => gatherWrites(node.stream));
    askQuietly(node);
  });
  // Until the first connection commands wait for it. Later, while no node can be reached, they fail at once: the
  // client would keep them without a bound and without a time-out, and run them when nobody waits any more.
  redis.once("ready", () => {
    redis.options.enableOfflineQueue = false;
  });
  // A lost connection is mended by the client itself; what could not be done is told to whoever asked for it.
  redis.on("error", (error: Error) => logger.warn({ err: error }, "Redis connection trouble"));
  return redis;
}

/**
 * Where a slot is moving, ioredis asks its new master, and forgets to look whether that could be said: a master that
 * is away by then would end the process with a failure that nobody handles. The command itself fails, or is repeated.
 */
function askQuietly(node: RedisNode): void {
  const asking = node.asking.bind(node);
  node.asking = (...callback) => {
    const asked = asking(...callback);
    asked.catch(() => undefined);
    return asked;
  };
}
