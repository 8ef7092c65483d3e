import type { Clock } from "../../foundation/clock.ts";
import { limits } from "../../foundation/limits.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionShard } from "../../foundation/redis/keys.ts";
import type { Claim, ClaimOutcome } from "./claim.ts";
import { runClaims } from "./claim-call.ts";
import { assertClaim } from "./claim-lines.ts";

type Waiting = {
  readonly claim: Claim;
  readonly sinceMs: number;
  readonly resolve: (outcome: ClaimOutcome) => void;
  readonly reject: (error: unknown) => void;
};

/** The buyer is answered by the gateway's time-out before a later claim could be committed. */
const patienceMs = limits.http.answerTimeoutMs - limits.booking.commitTimeoutMs;

/** The claims of the sections of one shard. Lives as long as somebody waits in it. */
type Queue = { readonly waiting: Waiting[]; running: boolean };

/**
 * One queue a shard, one call of the script at a time in each: claims that come while a call is under way
 * share the next one. Before its first call a queue waits for a moment, and so do all others that began meanwhile:
 * their calls leave for Redis in one write, and a crowd that spreads over many sections costs fewer of them.
 */
export function createClaimQueues(parts: { redis: Redis; clock: Clock }) {
  const queues = new Map<string, Queue>();
  let leaving: (() => void)[] = [];

  function claim(wanted: Claim): Promise<ClaimOutcome> {
    assertClaim(wanted);
    const shard = sectionShard(wanted.eventId, wanted.sectionId);
    const queue = queues.get(shard) ?? { waiting: [], running: false };
    if (queue.waiting.length >= limits.booking.claimsWaitingPerShard)
      return Promise.resolve({ outcome: "busy" });
    queues.set(shard, queue);
    return new Promise((resolve, reject) => {
      queue.waiting.push({ claim: wanted, sinceMs: parts.clock.now(), resolve, reject });
      if (queue.running) return;
      queue.running = true;
      leaveSoon(() => void serve(shard, queue));
    });
  }

  function leaveSoon(start: () => void): void {
    leaving.push(start);
    if (leaving.length === 1) setTimeout(leave, limits.booking.claimWaitMs);
  }

  function leave(): void {
    const started = leaving;
    leaving = [];
    for (const start of started) start();
  }

  async function serve(shard: string, queue: Queue): Promise<void> {
    while (queue.waiting.length > 0) {
      const batch = queue.waiting.splice(0, limits.booking.claimsPerScript);
      await settle(parts, refuseLate(parts.clock, batch));
    }
    queue.running = false;
    queues.delete(shard);
  }

  return { claim };
}

/** While Redis hangs, each call takes its time-out: who waited past all patience takes no seats any more. */
function refuseLate(clock: Clock, batch: readonly Waiting[]): readonly Waiting[] {
  const oldestMs = clock.now() - patienceMs;
  for (const waiting of batch) if (waiting.sinceMs < oldestMs) waiting.resolve({ outcome: "busy" });
  return batch.filter((waiting) => waiting.sinceMs >= oldestMs);
}

/** A section that is broken rejects its own claims only. */
async function settle(parts: { redis: Redis; clock: Clock }, batch: readonly Waiting[]): Promise<void> {
  const outcomes = await runClaims(
    parts,
    batch.map(({ claim }) => claim),
  ).catch((error: unknown) => batch.map(() => ({ outcome: "failed", error }) as const));
  for (const [index, { resolve, reject }] of batch.entries()) {
    const outcome = outcomes[index] as (typeof outcomes)[number];
    if (outcome.outcome === "failed") reject(outcome.error);
    else resolve(outcome);
  }
}
