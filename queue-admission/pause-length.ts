/** How long the pauses of a room last, and how much of the running one is likely to be left. */
export type PauseLength = {
  observe(nowMs: number, paused: boolean): void;
  isPaused(): boolean;
  leftMs(nowMs: number): number;
  save(): readonly number[];
  restore(saved: readonly number[]): void;
};

const firstGuessMs = 65_000;
/** The share of its length by which a long pause goes on. */
const longer = 0.25;

export function createPauseLength(): PauseLength {
  let sinceMs: number | undefined;
  let count = 1;
  let sumOfLogs = Math.log(firstGuessMs);
  return {
    observe(nowMs, paused) {
      if (paused) sinceMs ??= nowMs;
      else if (sinceMs !== undefined) {
        count += 1;
        sumOfLogs += Math.log(Math.max(1_000, nowMs - sinceMs));
        sinceMs = undefined;
      }
    },
    isPaused: () => sinceMs !== undefined,
    leftMs: (nowMs) => (sinceMs === undefined ? 0 : leftOf(Math.exp(sumOfLogs / count), nowMs - sinceMs)),
    save: () => [count, sumOfLogs, sinceMs ?? 0],
    restore([savedCount = 1, savedSum = 0, savedSince = 0]) {
      count = savedCount;
      sumOfLogs = savedSum;
      sinceMs = savedSince === 0 ? undefined : savedSince;
    },
  };
}

/** A pause lasts as long as usual; one that has lasted longer goes on for a share of what it has lasted. */
const leftOf = (usualMs: number, passedMs: number): number =>
  Math.max(usualMs - passedMs, longer * Math.max(passedMs, 0.4 * usualMs));
