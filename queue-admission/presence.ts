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

type Here = { connections: number; untilMs: number };

/** A lane's numbers are kept apart by this factor, as in the scripts. */
const laneWidth = 2 ** 40;

export type PresenceBounds = { readonly window: number; readonly below: number };

export function createPresence(bounds: PresenceBounds): Presence {
  const places = new Map<number, Here>();

  function at(lane: number, number: number): Here {
    const key = lane * laneWidth + number;
    const known = places.get(key);
    if (known !== undefined) return known;
    const here = { connections: 0, untilMs: 0 };
    places.set(key, here);
    return here;
  }

  return {
    size: () => places.size,
    enter(lane, number) {
      at(lane, number).connections += 1;
    },
    exit(lane, number, untilMs) {
      const here = at(lane, number);
      here.connections = Math.max(0, here.connections - 1);
      here.untilMs = Math.max(here.untilMs, untilMs);
    },
    seen(lane, number, untilMs) {
      const here = at(lane, number);
      here.untilMs = Math.max(here.untilMs, untilMs);
    },
    describe(served, nowMs) {
      const lanes = served.map((base) => ({
        base,
        bits: new Uint8Array(bounds.window / 6),
        below: [] as number[],
      }));
      for (const [key, here] of places) {
        if (here.connections === 0 && here.untilMs <= nowMs) {
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
