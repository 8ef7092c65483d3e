import type { Clock } from "../../foundation/clock.ts";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { CommitResult } from "./commit-group.ts";
import type { NewBooking } from "./new-booking.ts";

export type CommitOutcome =
  | { readonly outcome: "inserted" | "exists" | "taken" | "unknown" }
  | { readonly outcome: "limited"; readonly most: number }
  | { readonly outcome: "busy" | "unavailable" }
  | { readonly outcome: "broken"; readonly error: unknown };

export type CommitGroups = {
  add(booking: NewBooking): Promise<CommitOutcome>;
  /** Settles when nothing waits and nothing is being written. */
  drain(): Promise<void>;
};

type Waiting = {
  readonly booking: NewBooking;
  readonly sinceMs: number;
  readonly resolve: (outcome: CommitOutcome) => void;
};

/** The bookings of one event. Lives as long as some wait or are being written. */
type Lane = { readonly waiting: Waiting[]; timer: NodeJS.Timeout | undefined; committing: number };

type Parts = {
  readonly commit: (group: readonly NewBooking[]) => Promise<CommitResult>;
  readonly clock: Clock;
};

const { bookingsPerCommit, bookingsWaiting, commitWaitMs, commitsAtOnce, commitTimeoutMs } = limits.booking;
/** One is left to the others when an event's rows are locked. Half as many cost a lone event a fifth of its bookings. */
const commitsPerEvent = commitsAtOnce - 1;
/** A commit takes some 10 ms. One that takes this long waits for something, and others may run beside it. */
const slowMs = 200;
/** With those that are slow; each takes a connection. */
const commitsAtMost = 2 * commitsAtOnce;
/** Whoever waited longer has been answered by the gateway's time-out before a commit could end. */
const patienceMs = limits.http.answerTimeoutMs - commitTimeoutMs;
/** So many of a group's bookings are waited for alone, each for as long as a commit waits for a locked row. */
const mostLocked = 3;

/** Bookings of one event that come within a few milliseconds share a transaction. */
export function createCommitGroups(parts: Parts): CommitGroups {
  const lanes = new Map<EventId, Lane>();
  const due = new Set<Lane>();
  const running = new Set<Promise<void>>();
  let slowCount = 0;
  let waitingCount = 0;

  function add(booking: NewBooking): Promise<CommitOutcome> {
    if (waitingCount >= bookingsWaiting) return Promise.resolve({ outcome: "busy" });
    const lane = lanes.get(booking.eventId) ?? { waiting: [], timer: undefined, committing: 0 };
    lanes.set(booking.eventId, lane);
    waitingCount += 1;
    return new Promise((resolve) => {
      lane.waiting.push({ booking, sinceMs: parts.clock.now(), resolve });
      lane.timer ??= setTimeout(() => becomeDue(lane), commitWaitMs);
      if (lane.waiting.length >= bookingsPerCommit) becomeDue(lane);
    });
  }

  function becomeDue(lane: Lane): void {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    due.add(lane);
    startCommits();
  }

  /** First come, first served among the lanes; a lane that still has bookings goes to the end. */
  function startCommits(): void {
    for (const lane of due) {
      if (running.size >= commitsAtMost || running.size - slowCount >= commitsAtOnce) return;
      // In the place of slow commits an event has one: few slow events cannot take all of these as well.
      if (lane.committing >= (running.size < commitsAtOnce ? commitsPerEvent : 1)) continue;
      due.delete(lane);
      const group = takeGroup(lane);
      if (group.length === 0) continue;
      waitingCount -= group.length;
      const work = run(lane, group)
        .finally(() => running.delete(work))
        .then(startCommits);
      running.add(work);
      if (lane.waiting.length > 0) due.add(lane);
    }
  }

  async function run(lane: Lane, group: readonly Waiting[]): Promise<void> {
    lane.committing += 1;
    await noticeSlow(settle(parts, group));
    lane.committing -= 1;
    const [{ booking }] = group as [Waiting];
    if (lane.committing === 0 && lane.waiting.length === 0) lanes.delete(booking.eventId);
  }

  async function noticeSlow(work: Promise<void>): Promise<void> {
    let isSlow = false;
    const timer = setTimeout(() => {
      isSlow = true;
      slowCount += 1;
      startCommits();
    }, slowMs);
    await work.finally(() => clearTimeout(timer));
    if (isSlow) slowCount -= 1;
  }

  async function drain(): Promise<void> {
    while (lanes.size > 0) {
      for (const lane of lanes.values()) becomeDue(lane);
      await Promise.race(running);
    }
  }

  return { add, drain };
}

/**
 * Those who have waited longest. Of a buyer whose seats are counted there is one in a group: the others are counted
 * when that one is.
 */
function takeGroup(lane: Lane): Waiting[] {
  const counted = new Set<string>();
  const group: Waiting[] = [];
  const later: Waiting[] = [];
  while (group.length < bookingsPerCommit) {
    const next = lane.waiting.shift();
    if (next === undefined) break;
    const { identity, mostPerIdentity } = next.booking;
    if (mostPerIdentity !== null && counted.has(identity)) later.push(next);
    else group.push(next);
    if (mostPerIdentity !== null) counted.add(identity);
  }
  lane.waiting.unshift(...later);
  return group;
}

async function settle(parts: Parts, group: readonly Waiting[]): Promise<void> {
  const inTime = refuseLate(parts.clock, group);
  if (inTime.length === 0) return;
  const result = await commit(parts, inTime);
  const ofSection = lockedWith(result, inTime);
  if (ofSection.length > 0) return settleWithout(parts, inTime, ofSection);
  if (isOfOne(result) && inTime.length > 1) return settleOneByOne(parts, inTime);
  for (const waiting of inTime) waiting.resolve(outcomeFor(waiting.booking, result));
}

function refuseLate(clock: Clock, group: readonly Waiting[]): readonly Waiting[] {
  const oldestMs = clock.now() - patienceMs;
  for (const waiting of group) if (waiting.sinceMs < oldestMs) waiting.resolve({ outcome: "busy" });
  return group.filter((waiting) => waiting.sinceMs >= oldestMs);
}

/** Those with places of the standing section whose row was locked: each of them needs that row. */
function lockedWith(result: CommitResult, group: readonly Waiting[]): readonly Waiting[] {
  if (result.outcome !== "locked") return [];
  return group.filter(({ booking }) => hasPlacesIn(booking, result.sectionId));
}

function hasPlacesIn({ seats }: NewBooking, lockedId: SectionId | undefined): boolean {
  return seats.some(({ sectionId, seatNumber }) => seatNumber === null && sectionId === lockedId);
}

async function settleWithout(
  parts: Parts,
  group: readonly Waiting[],
  locked: readonly Waiting[],
): Promise<void> {
  for (const { resolve } of locked) resolve({ outcome: "unavailable" });
  const others = group.filter((waiting) => !locked.includes(waiting));
  if (others.length > 0) await settle(parts, others);
}

/**
 * One booking spoiled the group: alone, it spoils nothing. When Postgres goes away, the rest need not ask it; where it
 * is slow, or many rows are locked, a hundred of them would take minutes, and their holds have ended as orphans long before.
 */
async function settleOneByOne(parts: Parts, group: readonly Waiting[]): Promise<void> {
  let away = false;
  let locked = 0;
  for (const waiting of group) {
    if (refuseLate(parts.clock, [waiting]).length === 0) continue;
    const result: CommitResult = away ? { outcome: "unavailable" } : await commit(parts, [waiting]);
    if (result.outcome === "locked") locked += 1;
    away = locked === mostLocked || result.outcome === "unavailable" || result.outcome === "unknown";
    waiting.resolve(outcomeFor(waiting.booking, result));
  }
}

function commit(parts: Parts, group: readonly Waiting[]): Promise<CommitResult> {
  const bookings = group.map((waiting) => waiting.booking);
  return parts.commit(bookings).catch((error: unknown) => ({ outcome: "broken", error }));
}

const ofOne = new Set<CommitResult["outcome"]>(["taken", "broken", "uncounted", "locked"]);

function isOfOne(result: CommitResult): boolean {
  return ofOne.has(result.outcome);
}

function outcomeFor(booking: NewBooking, result: CommitResult): CommitOutcome {
  if (result.outcome === "uncounted" || result.outcome === "locked") return { outcome: "unavailable" };
  if (result.outcome !== "committed") return result;
  const most = result.limited.get(booking.id);
  if (most !== undefined) return { outcome: "limited", most };
  return { outcome: result.inserted.has(booking.id) ? "inserted" : "exists" };
}
