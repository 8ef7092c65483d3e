/** A process that joins as a gateway does, without HTTP. `joining-process.ts` starts it and calls it. */
import { systemClock } from "../../foundation/clock.ts";
import type { EventId } from "../../foundation/ids.ts";
import { connectRedis } from "../../foundation/redis/connect.ts";
import { createTokens } from "../../foundation/tokens.ts";
import { createRooms } from "../../queue-admission/rooms.ts";
import { answerCalls } from "../bench/calls.ts";
import { monotonicMs } from "../bench/monotonic.ts";
import { identityAt } from "./identities.ts";
import { silent } from "./room-server.ts";

export type Joins = {
  readonly urls: readonly string[];
  readonly eventId: EventId;
  readonly count: number;
  /** Joins that wait for their answers at any time. */
  readonly atOnce: number;
};

export type JoinCalls = {
  /** In a second. */
  join(joins: Joins): Promise<number>;
};

answerCalls({ join: joinAll } satisfies JoinCalls);

async function joinAll({ urls, eventId, count, atOnce }: Joins): Promise<number> {
  const redis = connectRedis(urls, silent);
  const tokens = createTokens("a secret of the bench, long enough to sign");
  const rooms = createRooms({ redis, clock: systemClock, tokens });
  let next = 0;
  const joinOneAfterTheOther = async () => {
    while (next < count) {
      const identity = identityAt(next);
      next += 1;
      const joined = await rooms.join(eventId, { identity });
      if (joined.outcome !== "joined" || !joined.fresh) throw new Error(`a join was ${joined.outcome}`);
    }
  };
  await redis.ping();
  const startedMs = monotonicMs();
  await Promise.all(Array.from({ length: atOnce }, joinOneAfterTheOther));
  const seconds = (monotonicMs() - startedMs) / 1_000;
  redis.disconnect();
  return count / seconds;
}
