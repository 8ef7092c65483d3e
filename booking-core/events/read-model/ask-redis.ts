import { setTimeout as pause } from "node:timers/promises";

/** What Redis answers in time; any trouble with it is one answer too, since Postgres can be asked instead. */
export async function askRedis<Answer>(
  ask: () => Promise<Answer>,
  withinMs: number,
): Promise<Answer | "away"> {
  const late = new AbortController();
  try {
    return await Promise.race([ask(), pause(withinMs, "away" as const, { signal: late.signal, ref: false })]);
  } catch {
    return "away";
  } finally {
    late.abort();
  }
}
