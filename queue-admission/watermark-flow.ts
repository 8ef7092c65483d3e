/** How fast a watermark has moved while the room was open, over several horizons. */
export type WaitObservation = {
  readonly nowMs: number;
  /** Numbers up to it were offered a turn, stepped over or given up. */
  readonly servedUpTo: number;
  readonly lastNumber: number;
  readonly state: "scheduled" | "lobby" | "open" | "paused" | "closed";
};

export type WatermarkFlow = {
  observe(seen: WaitObservation): void;
  setRate(ratePerMinute: number): void;
  /** Numbers per millisecond that are likely until the watermark has moved by `ahead`. */
  speedFor(ahead: number): number | undefined;
  /** Milliseconds of open time that were observed. */
  watchedMs(): number;
  save(): readonly number[];
  restore(saved: readonly number[]): void;
};

const horizonsMs = [10_000, 40_000, 160_000, 640_000, 2_560_000] as const;

const lookBack = 0.2;
const lookWidth = 2.6;
/** For so long the configured rate counts as seen, before anything was. */
const configuredMs = 4_750;

/** What was seen, the older the less: a share 1/e is left of what is one length old. */
type Horizon = { readonly lengthMs: number; moved: number; openMs: number };

type Flow = {
  readonly horizons: readonly Horizon[];
  ratePerMinute: number | undefined;
  last: WaitObservation | undefined;
  watchedMs: number;
};

export function createWatermarkFlow(ratePerMinute: number | undefined): WatermarkFlow {
  const horizons = horizonsMs.map((lengthMs): Horizon => ({ lengthMs, moved: 0, openMs: 0 }));
  const flow: Flow = { horizons, ratePerMinute, last: undefined, watchedMs: 0 };
  return {
    observe: (seen) => observe(flow, seen),
    setRate: (rate) => setRate(flow, rate),
    speedFor: (ahead) => speedFor(flow, ahead),
    watchedMs: () => flow.watchedMs,
    save: () => [flow.watchedMs, ...horizons.flatMap(({ moved, openMs }) => [moved, openMs])],
    restore([watchedMs = 0, ...saved]) {
      flow.watchedMs = watchedMs;
      for (const [index, horizon] of horizons.entries()) {
        horizon.moved = saved[2 * index] ?? 0;
        horizon.openMs = saved[2 * index + 1] ?? 0;
      }
    },
  };
}

function observe(flow: Flow, seen: WaitObservation): void {
  const last = flow.last;
  flow.last = seen;
  if (last === undefined || !tellsSpeed(last, seen)) return;
  const elapsedMs = seen.nowMs - last.nowMs;
  flow.watchedMs += elapsedMs;
  for (const horizon of flow.horizons) {
    const kept = Math.exp(-elapsedMs / horizon.lengthMs);
    horizon.moved = horizon.moved * kept + seen.servedUpTo - last.servedUpTo;
    horizon.openMs = horizon.openMs * kept + elapsedMs;
  }
}

/** Where nobody waits, the joins set the speed and not the room. Time and watermark may fall back in a fail-over. */
function tellsSpeed(last: WaitObservation, seen: WaitObservation): boolean {
  if (last.state !== "open" || seen.state !== "open") return false;
  if (seen.nowMs <= last.nowMs || seen.servedUpTo < last.servedUpTo) return false;
  return seen.servedUpTo < seen.lastNumber && last.servedUpTo < last.lastNumber;
}

/**
 * Where the rate is what limits the flow, another rate scales all that was seen. Where the cap does, only a rate
 * below the flow matters.
 */
function setRate(flow: Flow, ratePerMinute: number): void {
  const before = flow.ratePerMinute;
  flow.ratePerMinute = ratePerMinute;
  const recent = flow.horizons[1];
  // A rate of nothing says nothing about how fast the room is once it has one again.
  if (!before || ratePerMinute <= 0 || recent === undefined || recent.moved === 0) return;
  const speed = (60_000 * recent.moved) / recent.openMs;
  const factor = speed > before * 0.9 ? ratePerMinute / before : Math.min(1, ratePerMinute / speed);
  for (const horizon of flow.horizons) horizon.moved *= factor;
}

/**
 * The speeds over the horizons, averaged; most weight has the one that is a fifth of the wait, and those around it
 * little less (fitted to simulated rooms, as the widths are).
 */
function speedFor(flow: Flow, ahead: number): number | undefined {
  let logs = 0;
  let weights = 0;
  for (const horizon of flow.horizons) {
    const speed = speedOver(flow, horizon);
    if (speed === undefined) continue;
    const apart = Math.log((horizon.lengthMs * speed) / (lookBack * ahead));
    const weight = Math.exp(-(apart ** 2) / 2 / lookWidth ** 2) + 1e-9;
    logs += weight * Math.log(speed);
    weights += weight;
  }
  return weights === 0 ? undefined : Math.exp(logs / weights);
}

/** What is configured is forgotten within the first half minute. */
function speedOver({ ratePerMinute, watchedMs }: Flow, { moved, openMs }: Horizon): number | undefined {
  const priorMs = ratePerMinute === undefined ? 0 : configuredMs * Math.exp(-watchedMs / 10_000);
  const speed = (moved + ((ratePerMinute ?? 0) / 60_000) * priorMs) / (openMs + priorMs);
  return speed > 0 ? speed : undefined;
}
