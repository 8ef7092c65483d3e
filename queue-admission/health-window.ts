/** How a gateway's booking path has been over the last five seconds, in little memory and without garbage. */
import type { Clock } from "../foundation/clock.ts";

export type Health = {
  /** Of the bookings that were answered well; 0 where there was none. */
  readonly p99Ms: number;
  readonly errorShare: number;
  readonly samples: number;
};

/** Counts: the failures first, then the good answers by how long they took, without the zeros at the end. */
export type HealthSnapshot = readonly number[];

export type HealthWindow = {
  /** "Sold out" is a good answer; a time-out or a full queue is none. */
  record(tookMs: number, ok: boolean): void;
  read(): Health;
  /** For `mergeHealth` elsewhere: at most 400 bytes as JSON. */
  snapshot(): HealthSnapshot;
};

const sliceMs = 1_000;
/** Five full slices, and the one that is being filled. */
const sliceCount = 6;
/** Each bucket ends 25% above the last; the first ends at 1 ms, the last takes all above 36 s. */
const bucketGrowth = 1.25;
const bucketCount = 48;

type Slice = { startMs: number; readonly counts: Uint32Array };

export function createHealthWindow(clock: Clock): HealthWindow {
  const slices = Array.from(
    { length: sliceCount },
    (): Slice => ({
      startMs: Number.NEGATIVE_INFINITY,
      counts: new Uint32Array(1 + bucketCount),
    }),
  );
  const snapshot = () => sumOf(slices.filter((slice) => isRecent(slice, clock.now())));
  return {
    record(tookMs, ok) {
      const { counts } = sliceAt(slices, clock.now());
      const index = ok ? 1 + bucketOf(tookMs) : 0;
      counts[index] = (counts[index] ?? 0) + 1;
    },
    read: () => healthOf(snapshot()),
    snapshot,
  };
}

/** The health of several gateways together. Counts are merged, because percentiles cannot be. */
export const mergeHealth = (snapshots: readonly HealthSnapshot[]): Health =>
  healthOf(sumOf(snapshots.map((counts) => ({ counts }))));

function sliceAt(slices: readonly Slice[], nowMs: number): Slice {
  const startMs = Math.floor(nowMs / sliceMs) * sliceMs;
  const slice = slices[(startMs / sliceMs) % sliceCount];
  if (slice === undefined) throw new Error("the clock is before 1970");
  if (slice.startMs !== startMs) {
    slice.counts.fill(0);
    slice.startMs = startMs;
  }
  return slice;
}

const isRecent = ({ startMs }: Slice, nowMs: number): boolean =>
  startMs > nowMs - sliceCount * sliceMs && startMs <= nowMs;

function bucketOf(tookMs: number): number {
  if (tookMs <= 1) return 0;
  return Math.min(bucketCount - 1, Math.ceil(Math.log(tookMs) / Math.log(bucketGrowth)));
}

function sumOf(parts: readonly { readonly counts: ArrayLike<number> }[]): HealthSnapshot {
  const sums = Array.from({ length: 1 + bucketCount }, (_, index) =>
    parts.reduce((sum, { counts }) => sum + (counts[index] ?? 0), 0),
  );
  return sums.slice(0, 1 + sums.findLastIndex((sum) => sum > 0));
}

function healthOf(counts: HealthSnapshot): Health {
  const [failed = 0, ...good] = counts;
  const answered = good.reduce((sum, count) => sum + count, 0);
  const samples = failed + answered;
  return { p99Ms: p99Of(good, answered), errorShare: samples === 0 ? 0 : failed / samples, samples };
}

/** The upper end of the bucket that holds the slowest of a hundred: never below the truth. */
function p99Of(good: readonly number[], answered: number): number {
  let left = Math.ceil(answered * 0.99);
  if (left === 0) return 0;
  for (const [bucket, count] of good.entries()) {
    left -= count;
    if (left <= 0) return bucketGrowth ** bucket;
  }
  throw new Error("a histogram holds fewer than it counted");
}
