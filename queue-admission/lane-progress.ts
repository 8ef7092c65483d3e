import type { Lane } from "./lanes.ts";

/**
 * How far a lane has come, in people: numbers that were never given do not count, also once the watermark has passed
 * them and the room has forgotten that they were missing.
 */
export function createLaneProgress() {
  const gaps = new Map<number, number>();

  const withoutGaps = (number: number) => {
    let people = number;
    for (const [from, upTo] of gaps) people -= Math.max(0, Math.min(number, upTo) - from + 1);
    return people;
  };

  return ({ served, last, gaps: now }: Pick<Lane, "served" | "last" | "gaps">) => {
    for (const { from, upTo } of now) gaps.set(from, upTo);
    return { servedUpTo: withoutGaps(served), lastNumber: withoutGaps(last) };
  };
}
