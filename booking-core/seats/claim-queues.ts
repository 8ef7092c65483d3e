import type { Clock } from "../../foundation/clock.ts";
import type { SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { seatsClaim } from "../../lua/generated.ts";
import type { Claim, ClaimOutcome } from "./claim.ts";
import { assertClaim, decodeAnswer, encodeClaim } from "./claim-lines.ts";

type Waiting = {
  readonly claim: Claim;
  readonly sinceMs: number;
  readonly resolve: (outcome: ClaimOutcome) => void;
  readonly reject: (error: unknown) => void;
};

type Parts = { readonly redis: Redis; readonly clock: Clock };

/** The buyer is answered by the gateway's time-out before a later claim could be committed. */
const patienceMs = limits.http.answerTimeoutMs - limits.booking.commitTimeoutMs;

/** The claims of one section. Lives as long as somebody waits in it, or its call is under way. */
type Queue = { readonly sectionId: SectionId; readonly waiting: Waiting[] };

/**
 * One queue a section, one call of the script at a time in each: claims that come while a call is under way share the
 * next one. The calls of many sections leave for Redis together, in one write: at the end of a turn of the event loop in
 * which as many wait as are under way, and after a moment at the latest, so that those which hang hold up no others. So a
 * single claim waits for nothing, the more there is to do the more of it goes together, and Redis has work while the
 * answers of the last calls are worked on here.
 */
export function createClaimQueues(parts: Parts) {
  const queues = new Map<SectionId, Queue>();
  let ready: Queue[] = [];
  let underWay = 0;
  let moment: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;

  function claim(wanted: Claim): Promise<ClaimOutcome> {
    assertClaim(wanted);
    const { sectionId } = wanted;
    const known = queues.get(sectionId);
    const queue: Queue = known ?? { sectionId, waiting: [] };
    if (queue.waiting.length >= limits.booking.claimsWaitingPerSection)
      return Promise.resolve({ outcome: "busy" });
    return new Promise((resolve, reject) => {
      queue.waiting.push({ claim: wanted, sinceMs: parts.clock.now(), resolve, reject });
      if (known !== undefined) return;
      queues.set(sectionId, queue);
      getReady(queue);
    });
  }

  function getReady(queue: Queue): void {
    ready.push(queue);
    if (ready.length >= underWay) turn ??= setImmediate(leave);
    else moment ??= setTimeout(leave, limits.booking.claimWaitMs);
  }

  function leave(): void {
    clearTimeout(moment);
    clearImmediate(turn);
    [moment, turn] = [undefined, undefined];
    const leaving = ready;
    ready = [];
    for (const queue of leaving) serve(queue);
  }

  function serve(queue: Queue): void {
    underWay += 1;
    const batch = queue.waiting.splice(0, limits.booking.claimsPerScript);
    const served = () => {
      underWay -= 1;
      if (queue.waiting.length > 0) getReady(queue);
      else queues.delete(queue.sectionId);
      if (ready.length > 0 && ready.length >= underWay) turn ??= setImmediate(leave);
    };
    settle(parts, refuseLate(parts.clock, batch), served);
  }

  return { claim };
}

/** While Redis hangs, each call takes its time-out: who waited past all patience takes no seats any more. */
function refuseLate(clock: Clock, batch: Waiting[]): readonly Waiting[] {
  const oldestMs = clock.now() - patienceMs;
  // Who waits longest is the first.
  if ((batch[0]?.sinceMs ?? oldestMs) >= oldestMs) return batch;
  for (const waiting of batch) if (waiting.sinceMs < oldestMs) waiting.resolve({ outcome: "busy" });
  return batch.filter((waiting) => waiting.sinceMs >= oldestMs);
}

/** By callbacks: with a chain of promises a claim that is alone in its call took a third more of this process. */
function settle(parts: Parts, batch: readonly Waiting[], served: () => void): void {
  const [first] = batch;
  if (first === undefined) return served();
  const failed = (error: unknown) => {
    for (const waiting of batch) waiting.reject(error);
    served();
  };
  const answered = (answer: Answer) => {
    for (const [place, waiting] of batch.entries()) settleOne(waiting, answer, place);
    served();
  };
  try {
    run(parts, first, batch).then(answered, failed);
  } catch (error) {
    failed(error);
  }
}

type Answer = Awaited<ReturnType<typeof seatsClaim>>;

function run({ redis, clock }: Parts, first: Waiting, batch: readonly Waiting[]): Promise<Answer> {
  let claims = "";
  for (const { claim } of batch) claims += encodeClaim(claim);
  const { eventId, sectionId } = first.claim;
  return seatsClaim(redis, sectionKeys(eventId, sectionId), { nowMs: String(clock.now()), claims });
}

function settleOne({ claim, resolve, reject }: Waiting, answer: Answer, place: number): void {
  try {
    resolve(answer === "section_missing" ? { outcome: answer } : decodeAnswer(claim, answer, place));
  } catch (error) {
    reject(error);
  }
}
