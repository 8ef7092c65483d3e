/** One minute of a room, for operators who look back. Counts are those of its last step. */
export type RoomMinute = {
  readonly minuteMs: number;
  readonly joined: number;
  readonly offered: number;
  readonly waiting: number;
  readonly present: number;
  readonly turns: number;
  readonly inside: number;
  readonly ratePerMinute: number;
  readonly waitP50Seconds: number | null;
  readonly waitP99Seconds: number | null;
};

type Observed = {
  readonly waits: readonly number[];
  /** All who ever joined. */
  readonly joined: number;
} & Pick<RoomMinute, "waiting" | "turns" | "inside" | "present" | "ratePerMinute">;

type Running = { minuteMs: number; joinedBefore: number; waits: number[]; last: Observed };

const minute = 60_000;
/** Of a minute; of more, each further one takes a place by turns. */
const waitsMost = 10_000;

/** Gathers what the steps say into minutes; the waits of the running and the last minute stand for the present. */
export function createMinuteHistory() {
  let running: Running | undefined;
  let lastWaits: readonly number[] = [];
  let finished: RoomMinute[] = [];

  function begin(nowMs: number, observed: Observed): Running {
    return { minuteMs: nowMs - (nowMs % minute), joinedBefore: observed.joined, waits: [], last: observed };
  }

  return {
    observe(nowMs: number, observed: Observed): void {
      running ??= begin(nowMs, observed);
      if (nowMs >= running.minuteMs + minute) {
        finished.push(closed(running));
        lastWaits = running.waits;
        running = { ...begin(nowMs, observed), joinedBefore: running.last.joined };
      }
      running.last = observed;
      for (const [index, wait] of observed.waits.entries())
        if (running.waits.length < waitsMost) running.waits.push(wait);
        else running.waits[index % waitsMost] = wait;
    },
    waits(): { readonly waitP50Seconds: number | null; readonly waitP99Seconds: number | null } {
      return quantiles([...lastWaits, ...(running?.waits ?? [])]);
    },
    /** The minutes that ended since this was last asked. */
    finished(): RoomMinute[] {
      const taken = finished;
      finished = [];
      return taken;
    },
  };
}

function closed({ minuteMs, joinedBefore, waits, last }: Running): RoomMinute {
  const { waits: _, joined, ...counts } = last;
  return { minuteMs, joined: joined - joinedBefore, offered: waits.length, ...counts, ...quantiles(waits) };
}

function quantiles(waits: readonly number[]) {
  const sorted = waits.toSorted((left, right) => left - right);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
  return { waitP50Seconds: at(0.5), waitP99Seconds: at(0.99) };
}
