import type { Clock } from "../../foundation/clock.ts";
import type { SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { seatsClaim } from "../../lua/generated.ts";
import type { Claim, ClaimOutcome } from "./claim.ts";
import { assertClaim, decodeAnswers, encodeClaim } from "./claim-lines.ts";

type Waiting = {
  readonly claim: Claim;
  readonly sinceMs: number;
  readonly resolve: (outcome: ClaimOutcome) => void;
  readonly reject: (error: unknown) => void;
};

/** The buyer is answered by the gateway's time-out before a later claim could be committed. */
const patienceMs = limits.http.answerTimeoutMs - limits.booking.commitTimeoutMs;

/** The claims of one section. Lives as long as somebody waits in it. */
type Queue = { readonly waiting: Waiting[]; running: boolean };

/**
 * One queue a section, one call of the script at a time in each: claims that come while a call is under way
 * share the next one. Before its first call a queue waits for a moment, and so do all others that began meanwhile:
 * their calls leave for Redis in one write, and a crowd that spreads over many sections costs fewer of them.
 */
export function createClaimQueues(parts: { redis: Redis; clock: Clock }) {
  const queues = new Map<SectionId, Queue>();
  let leaving: (() => void)[] = [];

  function claim(wanted: Claim): Promise<ClaimOutcome> {
    assertClaim(wanted);
    const { sectionId } = wanted;
    const queue = queues.get(sectionId) ?? { waiting: [], running: false };
    if (queue.waiting.length >= limits.booking.claimsWaitingPerSection)
      return Promise.resolve({ outcome: "busy" });
    queues.set(sectionId, queue);
    return new Promise((resolve, reject) => {
      queue.waiting.push({ claim: wanted, sinceMs: parts.clock.now(), resolve, reject });
      if (queue.running) return;
      queue.running = true;
      leaveSoon(() => void serve(sectionId, queue));
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

  async function serve(sectionId: SectionId, queue: Queue): Promise<void> {
    while (queue.waiting.length > 0) {
      const batch = queue.waiting.splice(0, limits.booking.claimsPerScript);
      await settle(parts, refuseLate(parts.clock, batch));
    }
    queue.running = false;
    queues.delete(sectionId);
  }

  return { claim };
}

/** While Redis hangs, each call takes its time-out: who waited past all patience takes no seats any more. */
function refuseLate(clock: Clock, batch: readonly Waiting[]): readonly Waiting[] {
  const oldestMs = clock.now() - patienceMs;
  for (const waiting of batch) if (waiting.sinceMs < oldestMs) waiting.resolve({ outcome: "busy" });
  return batch.filter((waiting) => waiting.sinceMs >= oldestMs);
}

async function settle(parts: { redis: Redis; clock: Clock }, batch: readonly Waiting[]): Promise<void> {
  try {
    const outcomes = await runClaims(
      parts,
      batch.map((waiting) => waiting.claim),
    );
    for (const [index, waiting] of batch.entries()) waiting.resolve(outcomes[index] as ClaimOutcome);
  } catch (error) {
    for (const waiting of batch) waiting.reject(error);
  }
}

async function runClaims(
  parts: { redis: Redis; clock: Clock },
  claims: readonly Claim[],
): Promise<ClaimOutcome[]> {
  const [first] = claims;
  if (first === undefined) return [];
  const answer = await seatsClaim(parts.redis, sectionKeys(first.eventId, first.sectionId), {
    nowMs: String(parts.clock.now()),
    claims: claims.map(encodeClaim).join(""),
  });
  if (answer === "section_missing") return claims.map(() => ({ outcome: "section_missing" }));
  return decodeAnswers(claims, answer);
}
