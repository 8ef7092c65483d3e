import { middleOf } from "./quantile.ts";
import type { Measurement } from "./report.ts";

/**
 * One held against the other, round by round. A machine that others share is faster in one minute than in the next by as
 * much as a half: the middle one of all rounds of the one and of the other may be of different minutes, and the two of a
 * round are not.
 */
export function besideInTurns(
  values: readonly number[],
  limit: { readonly name: string; readonly values: readonly number[] },
): Required<Pick<Measurement, "value" | "limit" | "ratios">> {
  if (values.length !== limit.values.length)
    throw new Error(`${values.length} rounds beside ${limit.values.length} of ${limit.name}`);
  return {
    value: middleOf(values),
    limit: { name: limit.name, value: middleOf(limit.values) },
    ratios: values.map((value, round) => value / (limit.values[round] ?? Number.NaN)),
  };
}
