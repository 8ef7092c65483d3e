/**
 * How far real waits fall from the expected ones, learned on the way: for waits of about each length two widths
 * (logarithms of a factor), such that a tenth of the real waits is shorter than the one allows and a tenth longer
 * than the other. Each outcome moves them a little: a miss by nine tenths of a step outwards, a hit by one tenth
 * inwards (adaptive conformal inference), so that in the long run the shares hold whatever the room does.
 */
import type { Expected, Outcome } from "./wait-probes.ts";

export type Width = { readonly early: number; readonly late: number };

export type WaitWidths = {
  /** The width around what is expected after having watched the room for a time. */
  at(expected: Expected, watchedMs: number): Width;
  learn(expected: Expected, outcome: Outcome): void;
  save(): readonly number[];
  restore(saved: readonly number[]): void;
};

type Knot = { early: number; late: number };

export const tuning = {
  step: 0.05,
  stepGrowth: 0.95,
  transfer: 0.6,
  newEarly: 0.5,
  newLate: 0.5,
  openEarly: [0.11, 0.14, 0.16, 0.2, 0.22, 0.4],
  openLate: [0.27, 0.18, 0.28, 0.4, 0.3, 0.3],
  pausedEarly: [1.5, 0.5, 0.8, 0.3, 0.15, 0.15],
  pausedLate: [1, 1, 1.2, 0.4, 0.3, 0.3],
  missShare: 0.11,
  transferFrom: 1.2,
};
const leastWidth = 0.03;
const mostWidth = 2.5;

export function createWaitWidths(): WaitWidths {
  const open = knotsOf(tuning.openEarly, tuning.openLate);
  const paused = knotsOf(tuning.pausedEarly, tuning.pausedLate);
  const all = [...open, ...paused];
  return {
    at: (expected, watchedMs) => widthAt(expected.paused ? paused : open, expected.waitMs, watchedMs),
    learn: (expected, outcome) => learn(expected.paused ? paused : open, expected.waitMs, outcome),
    save: () => all.flatMap(({ early, late }) => [early, late]),
    restore(saved) {
      for (const [index, knot] of all.entries()) {
        knot.early = withinLimits(saved[2 * index] ?? knot.early);
        knot.late = withinLimits(saved[2 * index + 1] ?? knot.late);
      }
    },
  };
}

const knotsOf = (early: readonly number[], late: readonly number[]): Knot[] =>
  early.map((width, index) => ({ early: width, late: late[index] ?? width }));

/** Knots lie at 5 s, 20 s, 80 s and so on; this is where a wait lies among them. */
const placeOf = (waitMs: number): number => Math.max(0, Math.log(waitMs / 5_000) / Math.log(4));

/** A wait longer than the room has been watched may meet what the room has not shown yet. */
function widthAt(knots: readonly Knot[], waitMs: number, watchedMs: number): Width {
  const place = Math.min(knots.length - 1, placeOf(waitMs));
  const near = knots[Math.floor(place)];
  const far = knots[Math.ceil(place)];
  if (near === undefined || far === undefined) throw new Error("a wait lies between two knots");
  const unknown = Math.exp(-watchedMs / waitMs);
  const share = place % 1;
  return {
    early: (near.early + (far.early - near.early) * share) * (1 + tuning.newEarly * unknown),
    late: (near.late + (far.late - near.late) * share) * (1 + tuning.newLate * unknown),
  };
}

function learn(knots: readonly Knot[], waitMs: number, outcome: Outcome): void {
  const place = Math.min(knots.length - 1, placeOf(waitMs));
  for (const [index, knot] of knots.entries()) {
    const step = tuning.step * tuning.stepGrowth ** index * concern(index - place, place);
    knot.early = moved(knot.early, outcome === "early", step);
    knot.late = moved(knot.late, outcome === "late", step);
  }
}

/**
 * How much an outcome concerns the knot that lies `apart` from it: fully where it lies, and a little all longer
 * waits, whose own outcomes come too seldom. The shortest waits say nothing about longer ones: told in grains of
 * five seconds, they come true too often.
 */
function concern(apart: number, place: number): number {
  const near = Math.max(0, 1 - Math.abs(apart));
  return apart <= 0 || place < tuning.transferFrom ? near : Math.max(near, tuning.transfer ** apart);
}

/** Steps are shares of a width, so that a narrow one is learned as surely as a wide one. */
function moved(width: number, missed: boolean, step: number): number {
  const change = missed ? 1 - tuning.missShare : -tuning.missShare;
  return withinLimits(width * Math.exp(3 * step * change));
}

const withinLimits = (width: number): number => Math.min(mostWidth, Math.max(leastWidth, width));
