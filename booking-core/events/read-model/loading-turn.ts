import type { Redis } from "../../../foundation/redis/connect.ts";
import { askRedis } from "./ask-redis.ts";

/** Longer than loading the largest event; whoever was killed while loading keeps the others waiting no longer. */
const turnMs = 5_000;
/** Close to its end the turn is left to end by itself: it may be another's already. */
const safeMs = 4_000;
const answerMs = 500;

/** Runs `work` if nobody in any process does it at this moment. */
export async function inTurn<Result>(
  redis: Redis,
  key: string,
  work: () => Promise<Result>,
): Promise<Result | "taken" | "away"> {
  const turn = await askRedis(() => redis.set(key, "1", "PX", turnMs, "NX"), answerMs);
  if (turn === "away") return "away";
  if (turn === null) return "taken";
  const startedMs = performance.now();
  try {
    return await work();
  } finally {
    if (performance.now() - startedMs < safeMs) await askRedis(() => redis.unlink(key), answerMs);
  }
}
