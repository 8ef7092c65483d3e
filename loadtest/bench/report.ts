import { middleOf } from "./quantile.ts";

/** What a run of the bench found: figures, each beside the limit measured in the same run, and the bars they have to hold. */

export type Bar = {
  /** What is held against the bar: the figure itself, or its share of the limit. */
  readonly of: "value" | "ratio";
  readonly sign: "≤" | "≥";
  readonly at: number;
  /** Sizes and speeds mean something at full size only; what is exact has to hold in the tiny version too. */
  readonly size: "any" | "full";
};

export type Limit = { readonly name: string; readonly value: number };

export type Measurement = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly limit?: Limit;
  /** Where both were measured in turns; value and limit are the middle ones of theirs. */
  readonly ratios?: readonly number[];
  readonly bar?: Bar;
};

export type Figure = {
  readonly part: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly limit: Limit | null;
  readonly ratio: number | null;
  /** Of so many rounds in turns the ratio is the middle one; nothing where it is the value's share of the limit. */
  readonly rounds: number | null;
  readonly bar: Bar | null;
  /** Nothing where there is no bar, or where the run was too small for it. */
  readonly holds: boolean | null;
};

export type Broken = { readonly part: string; readonly problem: string };

export type Report = {
  readonly suite: string;
  readonly tiny: boolean;
  readonly startedAt: string;
  readonly machine: { readonly cores: number; readonly node: string };
  readonly seconds: number;
  readonly figures: readonly Figure[];
  readonly broken: readonly Broken[];
};

export function judge(part: string, measurement: Measurement, tiny: boolean): Figure {
  const { name, value, unit, limit = null, bar = null } = measurement;
  if (bar?.of === "ratio" && limit === null) throw new Error(`${name} has a bar for its ratio and no limit`);
  const ratio = ratioOf(measurement, tiny);
  const judged = bar !== null && (bar.size === "any" || !tiny);
  const holds = judged ? isHeld(bar, bar.of === "value" ? value : (ratio ?? Number.NaN)) : null;
  const rounds = measurement.ratios?.length ?? null;
  return { part, name, value, unit, limit, ratio, rounds, bar, holds };
}

/** A tiny run can be too small to see its limit at all. */
function ratioOf({ name, value, limit, ratios }: Measurement, tiny: boolean): number | null {
  const hidden = limit === undefined || (tiny && limit.value === 0);
  const ratio = hidden ? null : ratios === undefined ? value / limit.value : middleOf(ratios);
  for (const number of [value, ratio ?? 0])
    if (!Number.isFinite(number)) throw new Error(`${name} is not a number: ${value} of ${limit?.value}`);
  return ratio;
}

/** What is not a number holds no bar. */
function isHeld({ sign, at }: Bar, held: number): boolean {
  return sign === "≤" ? held <= at : held >= at;
}

/** 0: every bar holds; 1: one is missed; 2: the run is broken. */
export function exitCodeOf({ figures, broken }: Pick<Report, "figures" | "broken">): 0 | 1 | 2 {
  if (broken.length > 0) return 2;
  return figures.some((figure) => figure.holds === false) ? 1 : 0;
}
