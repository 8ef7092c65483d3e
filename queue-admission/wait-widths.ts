/**
 * How far real waits fall from the expected ones, learned on the way: for waits of about each length, two
 * factors (as logarithms) such that a tenth of the real waits is shorter than the one and a tenth longer than the
 * other. Each outcome moves them a little: a miss by nine tenths of a step outwards, a hit by one tenth inwards
 * (adaptive conformal inference), so that the shares hold in the long run whatever the room does.
 */
export type Width = { readonly early: number; readonly late: number };

export type WaitWidths = {
  /** The width for a wait expected to be this long. */
  at(expectedMs: number, paused: boolean, watchedMs: number): Width;
  learn(expectedMs: number, paused: boolean, outcome: "inside" | "early" | "late", weight: number): void;
  save(): readonly number[];
  restore(saved: readonly number[]): void;
};

const knotsMs = [5_000, 20_000, 80_000, 320_000, 1_280_000, 5_120_000] as const;

type Knot = { early: number; late: number };

export const tuning = {
  step: 0.12,
  stepGrowth: 1,
  transfer: 0.3,
  newEarly: 0.3,
  newLate: 1,
  openEarly: [0.15, 0.12, 0.12, 0.15, 0.2, 0.25],
  openLate: [0.2, 0.2, 0.2, 0.25, 0.3, 0.4],
  pausedEarly: [1.5, 1, 0.8, 0.5, 0.3, 0.3],
  pausedLate: [1.2, 1, 0.8, 0.6, 0.5, 0.5],
};
const least = 0.03;
const most = 2.5;
const missShare = 0.1;

export function createWaitWidths(): WaitWidths {
  const knots = (early: number[], late: number[]) =>
    early.map((value, index): Knot => ({ early: value, late: late[index] ?? value }));
  const open = knots(tuning.openEarly, tuning.openLate);
  const paused = knots(tuning.pausedEarly, tuning.pausedLate);
  return {
    at: (expectedMs, isPaused, watchedMs) => widthAt(isPaused ? paused : open, expectedMs, watchedMs),
    learn(expectedMs, isPaused, outcome, weight) {
      const knots = isPaused ? paused : open;
      const place = placeOf(expectedMs);
      for (const [index, knot] of knots.entries()) {
        const apart = index - place;
        const share = apart <= -1 ? 0 : apart < 0 ? 1 + apart : apart < 1 ? 1 - apart + apart * tuning.transfer : place < 1.2 ? 0 : tuning.transfer ** apart;
        if (share < 0.001) continue;
        const step = tuning.step * tuning.stepGrowth ** index * share * weight;
        knot.early = moved(knot.early, outcome === "early", step);
        knot.late = moved(knot.late, outcome === "late", step);
      }
    },
    save: () => [...open, ...paused].flatMap(({ early, late }) => [early, late]),
    restore: () => undefined,
  };
}

/** Steps are shares of the width, so that a narrow one is learned as surely as a wide one. */
function moved(width: number, missed: boolean, step: number): number {
  const change = missed ? 1 - missShare : -missShare;
  return Math.min(most, Math.max(least, width * Math.exp(3 * step * change)));
}

function widthAt(knots: readonly Knot[], expectedMs: number, watchedMs: number): Width {
  let early = 0;
  let late = 0;
  for (const [knot, share] of around(knots, expectedMs)) {
    early += knot.early * share;
    late += knot.late * share;
  }
  const unknown = Math.exp(-watchedMs / expectedMs);
  return { early: early * (1 + tuning.newEarly * unknown), late: late * (1 + tuning.newLate * unknown) };
}

/** The two knots that a length lies between, and how near it is to each. */
function around(knots: readonly Knot[], expectedMs: number): [Knot, number][] {
  const place = placeOf(expectedMs);
  const low = Math.min(knots.length - 2, Math.max(0, Math.floor(place)));
  const share = Math.min(1, Math.max(0, place - low));
  const [near, far] = [knots[low], knots[low + 1]];
  if (near === undefined || far === undefined) throw new Error("a width lies between two knots");
  return [
    [near, 1 - share],
    [far, share],
  ];
}

const placeOf = (expectedMs: number): number => Math.max(0, Math.log(expectedMs / knotsMs[0]) / Math.log(4));
