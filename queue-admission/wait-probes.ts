/** Numbers whose wait is promised now and looked at when the watermark passes them: what the widths learn from. */
import type { WaitRange } from "./wait-range.ts";
import type { WaitObservation } from "./watermark-flow.ts";

export type WaitAccuracy = {
  readonly measured: number;
  readonly inside: number;
  /** The turn came before the range. */
  readonly early: number;
  readonly late: number;
};

export type ProbeOutcome = {
  readonly expectedMs: number;
  readonly paused: boolean;
  readonly outcome: "inside" | "early" | "late";
  readonly weight: number;
};

type Probe = {
  readonly number: number;
  readonly askedMs: number;
  readonly expectedMs: number;
  readonly paused: boolean;
  readonly fromMs: number;
  readonly untilMs: number;
};

export type WaitProbes = {
  /** The probes that are decided: passed by the watermark, or later than was said. */
  passed(seen: WaitObservation): ProbeOutcome[];
  due(seen: WaitObservation): boolean;
  place(
    seen: WaitObservation,
    expectedMs: (ahead: number) => number,
    rangeOf: (ahead: number) => WaitRange | undefined,
  ): void;
  accuracy(): WaitAccuracy;
};

const everyMs = 1_000;
const mostPending = 96;
const horizonsMs = [2_500, 7_000, 20_000, 60_000, 180_000, 600_000, 1_800_000, 5_400_000] as const;

export function createWaitProbes(): WaitProbes {
  let pending: Probe[] = [];
  const counts = { measured: 0, inside: 0, early: 0, late: 0 };
  const nextMs = horizonsMs.map(() => 0);
  let dueMs = 0;
  let placed = 0;
  return {
    passed(seen) {
      if (pending.length === 0) return [];
      const outcomes: ProbeOutcome[] = [];
      let left = 0;
      for (const probe of pending) {
        const outcome = outcomeOf(probe, seen);
        if (outcome === undefined) pending[left++] = probe;
        else {
          counts.measured += 1;
          counts[outcome] += 1;
          outcomes.push({ expectedMs: probe.expectedMs, paused: probe.paused, outcome, weight: 1 });
        }
      }
      pending.length = left;
      return outcomes;
    },
    due(seen) {
      return (seen.state === "open" || seen.state === "paused") && seen.nowMs >= dueMs;
    },
    place(seen, expectedMs, rangeOf) {
      dueMs = seen.nowMs + everyMs;
      for (const [index, horizonMs] of horizonsMs.entries()) {
        if ((nextMs[index] ?? 0) > seen.nowMs || pending.length >= mostPending) continue;
        const waiting = seen.lastNumber - seen.servedUpTo;
        const perMs = 1_000 / expectedMs(1_000);
        const ahead = Math.round(horizonMs * 3 ** (((placed * 0.618_033_988_75) % 1) - 0.5) * perMs);
        if (ahead < 1 || ahead > waiting) continue;
        nextMs[index] = seen.nowMs + Math.max(15_000, horizonMs / 8);
        const range = rangeOf(ahead);
        if (range === undefined) continue;
        placed += 1;
        pending.push({
          number: seen.servedUpTo + ahead,
          askedMs: seen.nowMs,
          expectedMs: expectedMs(ahead),
          paused: seen.state === "paused",
          fromMs: range.fromSeconds * 1_000,
          untilMs: range.untilSeconds * 1_000,
        });
        return;
      }
    },
    accuracy: () => ({ ...counts }),
  };
}

function outcomeOf(probe: Probe, seen: WaitObservation): ProbeOutcome["outcome"] | undefined {
  const waitedMs = seen.nowMs - probe.askedMs;
  if (waitedMs > probe.untilMs) return "late";
  if (seen.servedUpTo < probe.number) return undefined;
  return waitedMs < probe.fromMs ? "early" : "inside";
}
