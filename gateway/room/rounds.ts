import { limits } from "../../foundation/limits.ts";
import type { Bounds } from "../bounds.ts";
import type { Band } from "./waiter.ts";

/**
 * When which part of a room's connections hears the next tick. Those behind hear in turns, a part of them after the
 * other: told all at once, 54,000 sockets of one machine kept those near the front without word for 1.6 s.
 */
export type Rounds = {
  /** The parts that are to hear now, the nearest first; all of them where there is news. */
  due(nowMs: number, isNews: boolean): readonly Part[];
};

export type Part = { readonly band: Band; readonly slice: number };

const slicesOf: Readonly<Record<Band, number>> = { near: 1, middle: 10, far: 30 };
const bands: readonly Band[] = ["near", "middle", "far"];

/** The driver's ticks come a little early or late; nobody should miss one for that. */
const earlyMs = limits.room.stepMs / 2;

export const sliceOf = (band: Band, number: number) => number % slicesOf[band];

export function createRounds({ tickEveryMs }: Pick<Bounds["socket"], "tickEveryMs">): Rounds {
  const parts = bands.flatMap((band) =>
    Array.from({ length: slicesOf[band] }, (_, slice) => ({ band, slice, dueMs: 0 })),
  );
  return {
    due(nowMs, isNews) {
      const due = parts.filter(({ dueMs }) => isNews || nowMs >= dueMs - earlyMs);
      for (const part of due) part.dueMs = nowMs + nextAfterMs(part, isNews);
      return due;
    },
  };

  /** After news, which all heard at once, the parts go their own ways again. */
  function nextAfterMs({ band, slice }: Part, isNews: boolean): number {
    return tickEveryMs[band] * (isNews ? (slice + 1) / slicesOf[band] : 1);
  }
}
