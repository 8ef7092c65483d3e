/** Who of a room is here, as far as this process knows: by open connections, or because of a question a moment ago. */
export type Presence = {
  /** A connection of this place opened. */
  enter(lane: number, number: number): void;
  /** A connection of this place closed; it counts as here for the grace. */
  exit(lane: number, number: number, untilMs: number): void;
  /** The buyer asked; it counts as here until then. */
  seen(lane: number, number: number, untilMs: number): void;
  readonly size: () => number;
  /** For the driver: a bit for each number behind the watermark, and the numbers below it. Forgets who is gone. */
  describe(served: readonly number[], nowMs: number): string;
};

/** A lane's numbers are kept apart by this factor, as in the scripts. */
const laneWidth = 2 ** 40;

export type PresenceBounds = { readonly window: number; readonly below: number };

export function createPresence(bounds: PresenceBounds): Presence {
  // The open connections of a place; without any, the time until which it is here, below zero: there are very many,
  // and a whole number takes nothing but its entry.
  const places = new Map<number, number>();
  const keyOf = (lane: number, number: number) => lane * laneWidth + number;
  const stay = (key: number, known: number, untilMs: number) => places.set(key, Math.min(known, -untilMs));

  return {
    size: () => places.size,
    enter(lane, number) {
      const key = keyOf(lane, number);
      places.set(key, Math.max(0, places.get(key) ?? 0) + 1);
    },
    exit(lane, number, untilMs) {
      const key = keyOf(lane, number);
      const known = places.get(key) ?? 0;
      if (known > 1) places.set(key, known - 1);
      else stay(key, Math.min(known, 0), untilMs);
    },
    seen(lane, number, untilMs) {
      const key = keyOf(lane, number);
      const known = places.get(key) ?? 0;
      if (known <= 0) stay(key, known, untilMs);
    },
    describe(served, nowMs) {
      const lanes = served.map((base) => ({
        base,
        bits: new Uint8Array(bounds.window / 6),
        below: [] as number[],
      }));
      for (const [key, here] of places) {
        if (here <= 0 && -here <= nowMs) {
          places.delete(key);
          continue;
        }
        const lane = lanes[Math.floor(key / laneWidth)];
        if (lane !== undefined) note(lane, key % laneWidth, bounds);
      }
      return lanes
        .map(({ base, bits, below }, index) => `${index} ${base} ${encode(bits)} ${lowest(below, bounds)};`)
        .join("");
    },
  };
}

type LaneBits = { readonly base: number; readonly bits: Uint8Array; readonly below: number[] };

function note({ base, bits, below }: LaneBits, number: number, { window }: PresenceBounds): void {
  const offset = number - base - 1;
  if (offset < 0) below.push(number);
  else if (offset < window) {
    const index = Math.floor(offset / 6);
    bits[index] = (bits[index] ?? 0) | (1 << (offset % 6));
  }
}

/** Six bits a character, beginning with "0". */
function encode(bits: Uint8Array): string {
  const shifted = Buffer.allocUnsafe(bits.length);
  for (let index = 0; index < bits.length; index += 1) shifted[index] = (bits[index] ?? 0) + 48;
  return shifted.toString("latin1");
}

function lowest(numbers: number[], { below }: PresenceBounds): string {
  return numbers
    .sort((left, right) => left - right)
    .slice(0, below)
    .join(",");
}
