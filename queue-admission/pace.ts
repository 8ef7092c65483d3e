/**
 * The automatic pace of a room: it rises by small even steps while the booking path is well, and falls by a share
 * at once when it is not (additive increase, multiplicative decrease), so that it settles around what the path
 * can carry without knowing it.
 */
import type { Health } from "./health-window.ts";

export type PaceState = {
  readonly ratePerMinute: number;
  /** Since when the path has been well, or since the last rise. */
  readonly wellSinceMs: number;
  readonly cutAtMs: number;
};

export type PaceSettings = {
  readonly leastPerMinute: number;
  readonly mostPerMinute: number;
  readonly targetP99Ms: number;
  readonly mostErrorShare: number;
};

const riseShare = 0.05;
const riseEveryMs = 5_000;
const cutFactor = 0.7;
/**
 * The health of five seconds still tells of the time before a cut. In a simulated path a second cut after 3 s brought
 * the average pace from 79% of the capacity down to 65%.
 */
export const settleMs = 6_000;
/** With fewer than this the slowest of a hundred says nothing. */
export const enoughSamples = 20;

export const startPace = (ratePerMinute: number, nowMs: number): PaceState => ({
  ratePerMinute,
  wellSinceMs: nowMs,
  cutAtMs: Number.NEGATIVE_INFINITY,
});

/** The pace from now on; to be asked about once a second, or oftener. */
export function nextPace(
  current: PaceState,
  health: Health,
  settings: PaceSettings,
  nowMs: number,
): PaceState {
  const ratePerMinute = withinLimits(current.ratePerMinute, settings);
  const pace = { ...current, ratePerMinute };
  if (isUnwell(health, settings)) return afterTrouble(pace, health, settings, nowMs);
  if (nowMs - pace.wellSinceMs < riseEveryMs) return pace;
  const rise = riseOf(pace, health, settings);
  if (rise === 0) return pace;
  return { ...pace, ratePerMinute: withinLimits(ratePerMinute + rise, settings), wellSinceMs: nowMs };
}

const isUnwell = ({ samples, p99Ms, errorShare }: Health, settings: PaceSettings): boolean =>
  samples > 0 && (p99Ms > settings.targetP99Ms || errorShare > settings.mostErrorShare);

/** A few bad samples stop the rise; enough of them cut the pace. Soon after a cut they are its echo. */
function afterTrouble(pace: PaceState, health: Health, settings: PaceSettings, nowMs: number): PaceState {
  if (nowMs - pace.cutAtMs < settleMs) return pace;
  if (health.samples < enoughSamples) return { ...pace, wellSinceMs: nowMs };
  const ratePerMinute = withinLimits(pace.ratePerMinute * cutFactor, settings);
  return { ratePerMinute, wellSinceMs: nowMs, cutAtMs: nowMs };
}

/**
 * Numbers per minute to add. A slow room never has many samples, so a few good ones raise it by less. With none at
 * all nothing is known and the pace holds, except at the least, where it would stay for ever.
 */
function riseOf({ ratePerMinute }: PaceState, { samples }: Health, settings: PaceSettings): number {
  const step = settings.mostPerMinute * riseShare;
  if (samples >= enoughSamples) return step;
  return samples > 0 || ratePerMinute <= settings.leastPerMinute ? step / 4 : 0;
}

function withinLimits(ratePerMinute: number, { leastPerMinute, mostPerMinute }: PaceSettings): number {
  if (leastPerMinute > mostPerMinute) throw new Error("the least pace is above the most");
  return Math.min(mostPerMinute, Math.max(leastPerMinute, ratePerMinute));
}
