/** Numbers whose wait is promised now and looked at when the watermark passes them: what the widths learn from. */
import type { WaitRange } from "./wait-range.ts";
import type { WaitObservation } from "./watermark-flow.ts";

export type Outcome = "inside" | "early" | "late";

export type WaitAccuracy = { readonly measured: number } & {
  /** `early`: the turn came before the range. */
  readonly [outcome in Outcome]: number;
};

/** What was expected, and on what grounds. */
export type Expected = { readonly waitMs: number; readonly paused: boolean };

type Probe = {
  readonly number: number;
  readonly askedMs: number;
  readonly expected: Expected;
  readonly range: WaitRange;
};

export type WaitProbes = {
  /** Decides the probes that the watermark has passed, and those that are later than was said. */
  decide(seen: WaitObservation, learn: (expected: Expected, outcome: Outcome) => void): void;
  /** About how long the probe should wait that is to be placed now, if one is. */
  dueMs(nowMs: number): number | undefined;
  place(probe: Probe): void;
  accuracy(): WaitAccuracy;
  save(): readonly number[];
  restore(saved: readonly number[]): void;
};

/** Waits of each length are probed eight times in that length, the short ones each quarter of a minute. */
const horizonsMs = [2_500, 7_000, 20_000, 60_000, 180_000, 600_000, 1_800_000, 5_400_000] as const;
const leastEveryMs = 15_000;
const perHorizon = 8;
const mostPending = 96;

export function createWaitProbes(): WaitProbes {
  let pending: Probe[] = [];
  const counts = { measured: 0, inside: 0, early: 0, late: 0 };
  const schedule = horizonsMs.map((lengthMs) => ({ lengthMs, nextMs: 0 }));
  let asked = 0;
  return {
    decide(seen, learn) {
      pending = pending.filter((probe) => {
        const outcome = outcomeOf(probe, seen);
        if (outcome === undefined) return true;
        counts.measured += 1;
        counts[outcome] += 1;
        learn(probe.expected, outcome);
        return false;
      });
    },
    dueMs(nowMs) {
      const due = schedule.find(({ nextMs }) => nextMs <= nowMs);
      if (due === undefined || pending.length >= mostPending) return undefined;
      due.nextMs = nowMs + Math.max(leastEveryMs, due.lengthMs / perHorizon);
      asked += 1;
      return due.lengthMs * 3 ** (((asked * goldenShare) % 1) - 0.5);
    },
    place: (probe) => pending.push(probe),
    accuracy: () => ({ ...counts }),
    save: () => [counts.inside, counts.early, counts.late],
    restore([inside = 0, early = 0, late = 0]) {
      pending = [];
      Object.assign(counts, { measured: inside + early + late, inside, early, late });
    },
  };
}

/** Steps of this share spread evenly over any interval: the probes meet ranges just above and just below each grain. */
const goldenShare = 0.618_033_988_75;

function outcomeOf({ number, askedMs, range }: Probe, seen: WaitObservation): Outcome | undefined {
  const waitedSeconds = (seen.nowMs - askedMs) / 1_000;
  if (waitedSeconds > range.untilSeconds) return "late";
  if (seen.servedUpTo < number) return undefined;
  return waitedSeconds < range.fromSeconds ? "early" : "inside";
}
