import { limits } from "../../foundation/limits.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import type { TestRoom } from "../../queue-admission/test-room.ts";
import type { SimulatedDriver } from "../../queue-admission/test-utilisation.ts";

/**
 * Two drivers that count the free slots first and fill them then, in single commands, as a room without our scripts
 * would: what the same simulation shows of them.
 */
export function createUnprotectedDrivers(
  redis: Redis,
  { eventId, clock }: TestRoom,
  { cap, turnWindowMs }: { readonly cap: number; readonly turnWindowMs: number },
): SimulatedDriver {
  const keys = roomKeys(eventId);
  const offered = new Set<string>();
  let servedUpTo = 0;

  async function drive(): Promise<void> {
    await redis.zremrangebyscore(keys.turns, "-inf", clock.now());
    await redis.zremrangebyscore(keys.inside, "-inf", clock.now());
    const free = cap - (await redis.zcard(keys.turns)) - (await redis.zcard(keys.inside));
    const next = Object.entries(await redis.hgetall(keys.places))
      .filter(([, place]) => !offered.has(place))
      .sort(([, left], [, right]) => entryOf(left) - entryOf(right))
      .slice(0, Math.min(Math.max(0, free), limits.room.turnsPerStep));
    for (const [, place] of next) {
      offered.add(place);
      servedUpTo = Math.max(servedUpTo, entryOf(place));
    }
    const deadlineMs = clock.now() + turnWindowMs;
    await Promise.all(next.map(([identity]) => redis.zadd(keys.turns, deadlineMs, identity)));
  }

  return {
    counts: { takeovers: 0, refusedSteps: 0 },
    servedUpTo: () => servedUpTo,
    isAlive: () => true,
    tick: async () => {
      await Promise.all([drive(), drive()]);
    },
  };
}

function entryOf(place: string): number {
  return Number(place.split(" ")[1]);
}
