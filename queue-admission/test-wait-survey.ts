/** Asks simulated buyers what they were told and how long they really waited. */
import { type Family, planRoom } from "./test-room-plans.ts";
import {
  between,
  type Random,
  type RoomStep,
  seededRandom,
  simulateRoom,
  stepMs,
} from "./test-simulation.ts";
import { createWaitEstimate, type WaitEstimate } from "./wait-estimate.ts";
import { type WaitRange, waitRangeOf } from "./wait-range.ts";

/** What is asked: our estimate, or one to compare it with. */
export type Promiser = {
  observe(step: RoomStep): void;
  rangeOf(ahead: number): WaitRange | undefined;
};

export type Answer = {
  readonly family: Family;
  readonly ahead: number;
  readonly waitedMs: number;
  readonly range: WaitRange;
};

type Asked = Omit<Answer, "waitedMs"> & { readonly number: number; readonly askedMs: number };

const askEveryMs = 20_000;
const askForMs = 60 * 60_000;
const longestMs = 5 * 60 * 60_000;

/** Asks through the first hour of a room and lets it run until everybody asked has had the turn. */
export function surveyRoom(family: Family, seed: number, promiser: Promiser): Answer[] {
  const random = seededRandom(seed);
  const asked: Asked[] = [];
  const watermarks: number[] = [];
  let highest = 0;
  simulateRoom(planRoom(family, random), random, (step) => {
    promiser.observe(step);
    watermarks.push(step.servedUpTo);
    const asking = step.nowMs < askForMs;
    if (asking && step.nowMs % askEveryMs === 0) asked.push(...askThree(family, step, promiser, random));
    highest = Math.max(highest, asked.at(-1)?.number ?? 0);
    const answered = !asking && step.servedUpTo >= highest;
    return answered || step.servedUpTo >= step.lastNumber || step.nowMs > longestMs;
  });
  return asked.map(({ number, askedMs, ...rest }) => {
    return { ...rest, waitedMs: passedAtMs(number, watermarks) - askedMs };
  });
}

/** One near the front, one anywhere, and the one who came last. */
function askThree(family: Family, step: RoomStep, promiser: Promiser, random: Random): Asked[] {
  const waiting = step.lastNumber - step.servedUpTo;
  const depths = [100, between(random, 10, waiting), waiting].map(Math.round);
  return depths.flatMap((ahead) => {
    const range = ahead > waiting || ahead < 1 ? undefined : promiser.rangeOf(ahead);
    if (range === undefined) return [];
    return [{ family, ahead, range, number: step.servedUpTo + ahead, askedMs: step.nowMs }];
  });
}

/** The watermarks of all steps only grow; the first that is not below the number is the turn. */
function passedAtMs(number: number, watermarks: readonly number[]): number {
  let low = 0;
  let high = watermarks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((watermarks[middle] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return low === watermarks.length ? Number.POSITIVE_INFINITY : low * stepMs;
}

/** Our estimate as a driver and a page use it together. */
export function createOurPromiser(): Promiser & { readonly estimate: WaitEstimate } {
  const estimate = createWaitEstimate();
  let ratePerMinute: number | undefined;
  return {
    estimate,
    observe(step) {
      if (ratePerMinute !== step.ratePerMinute) estimate.setRate(step.ratePerMinute);
      ratePerMinute = step.ratePerMinute;
      estimate.observe(step);
    },
    rangeOf: (ahead) => waitRangeOf(ahead, estimate.speeds() ?? []),
  };
}

/** What the configured rate promises to one who believes in it within a fifth. */
export function createNaivePromiser(): Promiser {
  let ratePerMinute: number | undefined;
  return {
    observe(step) {
      ratePerMinute ??= step.ratePerMinute;
    },
    rangeOf: (ahead) =>
      waitRangeOf(ahead, [{ ahead: 1, slow: (ratePerMinute ?? 0) / 1.2, fast: (ratePerMinute ?? 0) * 1.2 }]),
  };
}

export const isInside = ({ waitedMs, range }: Answer): boolean =>
  waitedMs >= range.fromSeconds * 1_000 && waitedMs <= range.untilSeconds * 1_000;

export const shareInside = (answers: readonly Answer[]): number =>
  answers.filter(isInside).length / answers.length;

/** Half of the ranges that begin above zero end no later than so many times their beginning. */
export function medianRatio(answers: readonly Answer[]): number {
  const begun = answers.filter(({ range }) => range.fromSeconds > 0);
  const ratios = begun.map(({ range }) => range.untilSeconds / range.fromSeconds).sort((a, b) => a - b);
  return ratios[ratios.length >> 1] ?? Number.NaN;
}
