import type { Handshake } from "./handshake.ts";

/** What those who wait in one line were told of it. */
export type LineHeard = {
  /** The longest that somebody heard nothing who was among the next of the line at its end; and how often. */
  readonly widestNearMs: number;
  readonly nearGaps: number;
  readonly lateNearGaps: number;
  /** Times that a watermark was told to somebody who had heard of a higher one. */
  readonly backwards: number;
  /** Sockets that were told a standing with their own number, and standings with another one. */
  readonly placed: number;
  readonly misplaced: number;
};

export type Line = {
  /** Whether this place is among the next of the line, as far as was heard. */
  isNext(socket: number): boolean;
  /** `served` is missing in what is no tick. */
  heard(socket: number, nowMs: number, served: number | undefined, text: () => string): void;
  reset(nowMs: number): void;
  of(nowMs: number): LineHeard;
};

const nextOnes = 1_000;
const lateMs = 1_000;
const nothing = { widestNearMs: 0, nearGaps: 0, lateNearGaps: 0, backwards: 0, misplaced: 0 };

/** Socket by socket: its place's number, and what it was told last. Lives as long as the crowd. */
export function createLine(handshakes: readonly Pick<Handshake, "number">[]): Line {
  const numbers = Float64Array.from(handshakes, ({ number }) => number ?? 0);
  const lastMs = new Float64Array(numbers.length);
  const lastServed = new Float64Array(numbers.length);
  const placed = new Uint8Array(numbers.length);
  const counts = { ...nothing };
  let highest = 0;

  function noteGap(socket: number, gapMs: number): void {
    const number = numbers[socket] ?? 0;
    // Whoever had the turn when the silence began does not wait any more.
    if (number <= (lastServed[socket] ?? 0) || number > highest + nextOnes) return;
    counts.nearGaps += 1;
    if (gapMs > lateMs) counts.lateNearGaps += 1;
    counts.widestNearMs = Math.max(counts.widestNearMs, gapMs);
  }

  function noteStanding(socket: number, text: string): void {
    if (!text.startsWith('{"type":"standing"')) return;
    if (Number(/"number":(\d+)/.exec(text)?.[1]) === numbers[socket]) placed[socket] = 1;
    else counts.misplaced += 1;
  }

  return {
    isNext: (socket) => {
      const number = numbers[socket] ?? 0;
      return number > 0 && number <= highest + nextOnes;
    },
    heard(socket, nowMs, served, text) {
      highest = Math.max(highest, served ?? 0);
      noteGap(socket, nowMs - (lastMs[socket] ?? 0));
      lastMs[socket] = nowMs;
      if (served === undefined) return noteStanding(socket, text());
      if (served < (lastServed[socket] ?? 0)) counts.backwards += 1;
      lastServed[socket] = served;
    },
    reset(nowMs) {
      lastMs.fill(nowMs);
      placed.fill(0);
      Object.assign(counts, nothing);
    },
    of(nowMs) {
      for (let socket = 0; socket < numbers.length; socket += 1)
        if ((lastMs[socket] ?? 0) + lateMs < nowMs) noteGap(socket, nowMs - (lastMs[socket] ?? 0));
      return { ...counts, placed: placed.reduce((sum, one) => sum + one, 0) };
    },
  };
}

export function joinLines(all: readonly LineHeard[]): LineHeard {
  const sum = (of: (heard: LineHeard) => number) => all.reduce((total, heard) => total + of(heard), 0);
  return {
    widestNearMs: Math.max(...all.map((heard) => heard.widestNearMs)),
    nearGaps: sum((heard) => heard.nearGaps),
    lateNearGaps: sum((heard) => heard.lateNearGaps),
    backwards: sum((heard) => heard.backwards),
    placed: sum((heard) => heard.placed),
    misplaced: sum((heard) => heard.misplaced),
  };
}
