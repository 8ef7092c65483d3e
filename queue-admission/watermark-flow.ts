/** How fast a watermark has moved, over several horizons of open time, and for how long it now stands still. */

export type WaitObservation = {
  readonly nowMs: number;
  /** Numbers up to it were offered a turn, stepped over or given up. */
  readonly servedUpTo: number;
  readonly lastNumber: number;
  readonly state: "scheduled" | "lobby" | "open" | "paused" | "closed";
};

export type WatermarkFlow = {
  observe(seen: WaitObservation): void;
  /** What the operator changes the rate to scales what was observed, where the rate is what limited the flow. */
  setRate(ratePerMinute: number): void;
  /** Milliseconds until the watermark has moved by `ahead`, as far as the past says. */
  expectedMs(ahead: number, nowMs: number): number | undefined;
  pausedForMs(nowMs: number): number | undefined;
  /** Milliseconds of open time that were observed. */
  watchedMs(): number;
  save(): readonly number[];
  restore(saved: readonly number[]): void;
};

const horizonsMs = [10_000, 40_000, 160_000, 640_000, 2_560_000] as const;
export const flowTuning = { lookBack: 0.7, lookWidth: 1, pauseKeep: 0.5, pauseUsualMs: 60_000, prior: 5_000 };

type Horizon = { readonly lengthMs: number; moved: number; openMs: number };

type Flow = {
  readonly horizons: Horizon[];
  ratePerMinute: number | undefined;
  watchedMs: number;
  last: WaitObservation | undefined;
  pausedSinceMs: number | undefined;
  /** Sums over the pauses seen, to know their usual length; begins as one pause of a minute. */
  pauses: number;
  pausedLogMs: number;
};

export function createWatermarkFlow(ratePerMinute?: number): WatermarkFlow {
  const flow: Flow = {
    horizons: horizonsMs.map((lengthMs) => ({ lengthMs, moved: 0, openMs: 0 })),
    ratePerMinute,
    watchedMs: 0,
    last: undefined,
    pausedSinceMs: undefined,
    pauses: 1,
    pausedLogMs: Math.log(flowTuning.pauseUsualMs),
  };
  return {
    observe: (seen) => observe(flow, seen),
    setRate: (rate) => setRate(flow, rate),
    expectedMs: (ahead, nowMs) => expectedMs(flow, ahead, nowMs),
    pausedForMs: (nowMs) => (flow.pausedSinceMs === undefined ? undefined : nowMs - flow.pausedSinceMs),
    watchedMs: () => flow.watchedMs,
    save: () => [],
    restore: () => undefined,
  };
}

function observe(flow: Flow, seen: WaitObservation): void {
  const last = flow.last;
  if (seen.state === "paused") flow.pausedSinceMs ??= seen.nowMs;
  else if (flow.pausedSinceMs !== undefined) endPause(flow, seen.nowMs);
  flow.last = seen;
  if (last === undefined || last.state !== "open" || seen.state !== "open") return;
  // Where nobody waited, the joins set the speed, not the room.
  if (seen.servedUpTo >= seen.lastNumber || last.servedUpTo >= last.lastNumber) return;
  flow.watchedMs += seen.nowMs - last.nowMs;
  for (const horizon of flow.horizons)
    forgetAndAdd(horizon, seen.servedUpTo - last.servedUpTo, seen.nowMs - last.nowMs);
}

function endPause(flow: Flow, nowMs: number): void {
  flow.pauses += 1;
  flow.pausedLogMs += Math.log(Math.max(1_000, nowMs - (flow.pausedSinceMs ?? nowMs)));
  flow.pausedSinceMs = undefined;
}

function forgetAndAdd(horizon: Horizon, moved: number, elapsedMs: number): void {
  const kept = Math.exp(-elapsedMs / horizon.lengthMs);
  horizon.moved = horizon.moved * kept + moved;
  horizon.openMs = horizon.openMs * kept + elapsedMs;
}

function setRate(flow: Flow, ratePerMinute: number): void {
  const before = flow.ratePerMinute;
  flow.ratePerMinute = ratePerMinute;
  if (before === undefined || before === ratePerMinute) return;
  const shortest = flow.horizons[1];
  if (shortest === undefined || shortest.openMs === 0) return;
  const speed = (60_000 * shortest.moved) / shortest.openMs;
  const factor = speed > before * 0.9 ? ratePerMinute / before : Math.min(1, ratePerMinute / speed);
  for (const horizon of flow.horizons) horizon.moved *= factor;
}

const priorWeightMs = 5_000;

/** Numbers per millisecond over a horizon; the configured rate counts like five seconds of watching. */
function speedOver(flow: Flow, { moved, openMs }: Horizon): number {
  const prior = (flow.ratePerMinute ?? 0) / 60_000;
  const weight = flow.ratePerMinute === undefined ? 0 : flowTuning.prior * Math.exp(-openMs / 10_000);
  return (moved + prior * weight) / (openMs + weight);
}

/** The past that tells most about a wait is about as long as the wait. */

function speedFor(flow: Flow, ahead: number): number | undefined {
  let speed: number | undefined;
  let total = 0;
  let weights = 0;
  for (const horizon of flow.horizons) {
    const over = speedOver(flow, horizon);
    if (Number.isNaN(over) || over <= 0) continue;
    speed ??= over;
    const apart = Math.log(horizon.lengthMs / ((flowTuning.lookBack * ahead) / over));
    const weight = Math.exp((-apart * apart) / 2 / flowTuning.lookWidth ** 2) + 1e-9;
    total += weight * Math.log(over);
    weights += weight;
  }
  return weights === 0 ? undefined : Math.exp(total / weights);
}

function expectedMs(flow: Flow, ahead: number, nowMs: number): number | undefined {
  const speed = speedFor(flow, ahead);
  if (speed === undefined) return undefined;
  return ahead / speed + pauseLeftMs(flow, nowMs);
}

/** A pause usually goes on for about as long as it has lasted already, or as pauses of this room usually do. */
function pauseLeftMs(flow: Flow, nowMs: number): number {
  if (flow.pausedSinceMs === undefined) return 0;
  const usualMs = Math.exp(flow.pausedLogMs / flow.pauses);
  const passedMs = nowMs - flow.pausedSinceMs;
  return Math.max(usualMs - passedMs, flowTuning.pauseKeep * Math.max(passedMs, 0.4 * usualMs));
}
