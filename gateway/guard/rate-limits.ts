import type { Clock } from "../../foundation/clock.ts";
import {
  type BucketWheel,
  createBucketWheel,
  forgetBucket,
  fullestBucket,
  putBucket,
  sweepFull,
} from "./bucket-wheel.ts";

/** At most `burst` at once and `perMinute` in the long run. */
export type RateRule = { readonly perMinute: number; readonly burst: number };

export type TakeOutcome =
  | { readonly outcome: "taken" }
  | { readonly outcome: "too_many"; readonly retryAfterSeconds: number };

/**
 * How often each key (an address, an identity) may do what. With `mostKeys` buckets of a kind, the fullest is
 * forgotten for a new one: keys that come once push out only one another, and a key that is being limited stays
 * until its bucket has a token again. Where every bucket is without a token, new keys are refused.
 */
export type RateLimits<Kind extends string> = {
  take(kind: Kind, key: string): TakeOutcome;
  /** How many buckets of a kind are kept now. */
  keysKept(kind: Kind): number;
};

type Limit = {
  /** From an empty bucket to one token. */
  readonly tokenMs: number;
  /** A bucket that is full within this time has a token. */
  readonly tokenLeftMs: number;
  readonly wheel: BucketWheel;
  readonly mostKeys: number;
};

const taken: TakeOutcome = { outcome: "taken" };
/** Milliseconds since 1970 leave a double a quarter of a microsecond; sums of them are off by a little more. */
const roundingMs = 0.01;

export function createRateLimits<Kind extends string>(settings: {
  readonly clock: Clock;
  readonly rules: Readonly<Record<Kind, RateRule>>;
  readonly mostKeys: number;
}): RateLimits<Kind> {
  const { rules, mostKeys } = settings;
  const clock = steadyClock(settings.clock);
  const kinds = Object.entries<RateRule>(rules);
  const limits = new Map(kinds.map(([kind, rule]) => [kind, createLimit(kind, rule, mostKeys)]));
  const limitOf = (kind: Kind): Limit => {
    const limit = limits.get(kind);
    if (limit === undefined) throw new Error(`there is no rate rule for ${kind}`);
    return limit;
  };
  return {
    take: (kind, key) => takeToken(limitOf(kind), key, clock.now()),
    keysKept: (kind) => limitOf(kind).wheel.buckets.size,
  };
}

function createLimit(kind: string, { perMinute, burst }: RateRule, mostKeys: number): Limit {
  if (!(perMinute > 0) || !Number.isInteger(burst) || burst < 1)
    throw new Error(`the rate rule for ${kind} lets nothing through`);
  const tokenMs = 60_000 / perMinute;
  return {
    tokenMs,
    tokenLeftMs: (burst - 1) * tokenMs + roundingMs,
    wheel: createBucketWheel(burst * tokenMs + roundingMs),
    mostKeys,
  };
}

function takeToken(limit: Limit, key: string, nowMs: number): TakeOutcome {
  const { wheel, tokenMs } = limit;
  sweepFull(wheel, nowMs);
  const bucket = wheel.buckets.get(key);
  const waitMs = bucket === undefined ? waitForRoomMs(limit, nowMs) : waitForTokenMs(limit, bucket, nowMs);
  if (waitMs > 0) return { outcome: "too_many", retryAfterSeconds: Math.ceil(waitMs / 1_000) };
  putBucket(wheel, key, Math.max(bucket?.fullAtMs ?? nowMs, nowMs) + tokenMs);
  return taken;
}

function waitForTokenMs({ tokenLeftMs }: Limit, bucket: { fullAtMs: number }, nowMs: number): number {
  return bucket.fullAtMs - nowMs - tokenLeftMs;
}

function waitForRoomMs(limit: Limit, nowMs: number): number {
  const { wheel, mostKeys } = limit;
  if (wheel.buckets.size < mostKeys) return 0;
  const fullest = fullestBucket(wheel);
  if (fullest === undefined) throw new Error("a full wheel without a bucket");
  const waitMs = waitForTokenMs(limit, fullest, nowMs);
  if (waitMs <= 0) forgetBucket(wheel, fullest);
  return waitMs;
}

/** Where the machine's clock is set back, it stands still for a moment instead: nobody is limited for an hour. */
function steadyClock(clock: Clock): Clock {
  let latestMs = clock.now();
  let aheadMs = 0;
  return {
    now: () => {
      const nowMs = clock.now();
      aheadMs = Math.max(aheadMs, latestMs - nowMs);
      latestMs = nowMs + aheadMs;
      return latestMs;
    },
  };
}
