/**
 * Token buckets in bounded memory. A bucket is one number: when it will be full again (`fullAtMs`). The wheel sorts
 * buckets by it into slots, each a ring in order of arrival, so that the fullest is found without a search: every
 * step is O(1), however many there are. One bucket takes about 170 bytes (seen on Node 24).
 */
export type BucketWheel = {
  readonly buckets: Map<string, Bucket>;
  readonly slotMs: number;
  readonly rings: readonly Bucket[];
  /** Every slot before this one is empty. */
  sweptSlots: number;
};

type Bucket = { readonly key: string; fullAtMs: number; before: Bucket; after: Bucket };

const slotCount = 256;
const mostSweptAtOnce = 4;

/** `spanMs`: buckets are put at most this far into the future of the latest sweep; time never runs backwards. */
export function createBucketWheel(spanMs: number): BucketWheel {
  return {
    buckets: new Map(),
    // Two fewer than there are, so that the slot of a span from now is never the one that now is in.
    slotMs: spanMs / (slotCount - 2),
    rings: Array.from({ length: slotCount }, () => newBucket("", 0)),
    sweptSlots: 0,
  };
}

/** Adds a bucket, or moves the one of this key to its new time. */
export function putBucket(wheel: BucketWheel, key: string, fullAtMs: number): void {
  const bucket = wheel.buckets.get(key) ?? newBucket(key, fullAtMs);
  wheel.buckets.set(key, bucket);
  bucket.fullAtMs = fullAtMs;
  unlink(bucket);
  linkBefore(ringOf(wheel, slotAt(wheel, fullAtMs)), bucket);
}

export function forgetBucket(wheel: BucketWheel, bucket: Bucket): void {
  unlink(bucket);
  wheel.buckets.delete(bucket.key);
}

/**
 * Forgets buckets that are full by now, which changes nothing for anybody. Only a few at once, so that no caller
 * waits for many; called before each new bucket it keeps up.
 */
export function sweepFull(wheel: BucketWheel, nowMs: number): void {
  const current = slotAt(wheel, nowMs);
  wheel.sweptSlots = Math.max(wheel.sweptSlots, current - slotCount);
  for (let left = mostSweptAtOnce; wheel.sweptSlots < current; ) {
    const first = firstOf(wheel, wheel.sweptSlots);
    if (first === undefined) wheel.sweptSlots += 1;
    else if (left-- > 0) forgetBucket(wheel, first);
    else return;
  }
}

/** The bucket that will be full first, to a slot's width. */
export function fullestBucket(wheel: BucketWheel): Bucket | undefined {
  for (let slot = wheel.sweptSlots; slot < wheel.sweptSlots + 2 * slotCount; slot++) {
    const first = firstOf(wheel, slot);
    if (first !== undefined) return first;
  }
  return undefined;
}

/** The wheel's next turn shares the ring, and stands behind: it was put later. */
function firstOf(wheel: BucketWheel, slot: number): Bucket | undefined {
  const ring = ringOf(wheel, slot);
  return ring.after !== ring && slotAt(wheel, ring.after.fullAtMs) <= slot ? ring.after : undefined;
}

function slotAt({ slotMs }: BucketWheel, atMs: number): number {
  return Math.floor(atMs / slotMs);
}

function ringOf({ rings }: BucketWheel, slot: number): Bucket {
  return rings[slot % slotCount] as Bucket;
}

function newBucket(key: string, fullAtMs: number): Bucket {
  const bucket = { key, fullAtMs } as Bucket;
  bucket.before = bucket;
  bucket.after = bucket;
  return bucket;
}

function unlink(bucket: Bucket): void {
  bucket.before.after = bucket.after;
  bucket.after.before = bucket.before;
}

function linkBefore(ring: Bucket, bucket: Bucket): void {
  bucket.before = ring.before;
  bucket.after = ring;
  ring.before.after = bucket;
  ring.before = bucket;
}
