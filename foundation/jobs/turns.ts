import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../clock.ts";

/** Some work of a process before other work of it, which is never kept waiting for long. */
export type Turns = {
  first<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Begins once nothing of the first kind has run for a moment, or after a while all the same. */
  later<Result>(work: () => Promise<Result>): Promise<Result>;
};

/** Between two groups of jobs a queue is empty for as long as fetching takes: that is no pause. */
const quietMs = 150;
const waitMostMs = 2_000;
const lookMs = 25;

export function createTurns(clock: Clock, wait: (ms: number) => Promise<unknown> = pause): Turns {
  let running = 0;
  let endedAtMs = Number.NEGATIVE_INFINITY;
  const isBusy = () => running > 0 || clock.now() - endedAtMs < quietMs;
  return {
    async first(work) {
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
        endedAtMs = clock.now();
      }
    },
    async later(work) {
      const untilMs = clock.now() + waitMostMs;
      while (isBusy() && clock.now() < untilMs) await wait(lookMs);
      return work();
    },
  };
}
