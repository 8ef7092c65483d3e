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

/**
 * Where the learning begins, at 5 s, 20 s, 80 s, 320 s, 21 min and 85 min. These and the shares below were fitted to
 * simulated rooms (test-room-plans.ts, other seeds than the test's). In the first hour of 180 others 81% of the waits
 * came true; begun with 0.05 everywhere 68%, and 55% without learning. With these and without learning it was 80%, but
 * 67% in the worst family of rooms instead of 74%.
 */
const firstWidths = {
  open: {
    early: [0.14, 0.11, 0.14, 0.16, 0.15, 0.21],
    late: [0.24, 0.19, 0.2, 0.24, 0.37, 0.45],
  },
  paused: {
    early: [1.15, 0.6, 1.1, 0.3, 0.1, 0.2],
    late: [1, 2, 1, 0.3, 0.25, 0.4],
  },
} as const;

/** A little above a tenth, because grains and limits make some promises wider than they were meant. */
const missShare = 0.11;
/** How much one outcome changes a width, and by how much less for each knot further out. */
const firstStep = 0.2;
const stepGrowth = 0.85;
/** The share of an outcome that also concerns waits four times as long. */
const transfer = 0.65;
/** By how much a promise is wider in a room that has not been watched at all. */
const unwatchedShare = 0.65;
/** Outcomes of waits shorter than this knot concern no others. */
const transferFrom = 1.2;
const leastWidth = 0.03;
const mostWidth = 2.5;

export function createWaitWidths(): WaitWidths {
  const open = knotsOf(firstWidths.open);
  const paused = knotsOf(firstWidths.paused);
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

const knotsOf = ({ early, late }: (typeof firstWidths)["open" | "paused"]): Knot[] =>
  early.map((width, index) => ({ early: width, late: late[index] ?? width }));

/** Where a wait lies among the knots. */
const placeOf = (waitMs: number): number => Math.max(0, Math.log(waitMs / 5_000) / Math.log(4));

/** A wait longer than the room has been watched may meet what the room has not shown yet. */
function widthAt(knots: readonly Knot[], waitMs: number, watchedMs: number): Width {
  const place = Math.min(knots.length - 1, placeOf(waitMs));
  const near = knots[Math.floor(place)];
  const far = knots[Math.ceil(place)];
  if (near === undefined || far === undefined) throw new Error("a wait lies between two knots");
  const wider = 1 + unwatchedShare * Math.exp(-watchedMs / waitMs);
  const share = place % 1;
  return {
    early: (near.early + (far.early - near.early) * share) * wider,
    late: (near.late + (far.late - near.late) * share) * wider,
  };
}

function learn(knots: readonly Knot[], waitMs: number, outcome: Outcome): void {
  const place = Math.min(knots.length - 1, placeOf(waitMs));
  for (const [index, knot] of knots.entries()) {
    const step = firstStep * stepGrowth ** index * concern(index - place, place);
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
  return apart <= 0 || place < transferFrom ? near : Math.max(near, transfer ** apart);
}

/** Steps are shares of a width, so that a narrow one is learned as surely as a wide one. */
function moved(width: number, missed: boolean, step: number): number {
  const change = missed ? 1 - missShare : -missShare;
  return withinLimits(width * Math.exp(step * change));
}

const withinLimits = (width: number): number => Math.min(mostWidth, Math.max(leastWidth, width));
