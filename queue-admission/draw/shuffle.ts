import { createUniformNumbers } from "./uniform-numbers.ts";

/** Entry i has the place number `numbers[i - 1]`; place number n belongs to the entry `order[n - 1]`. */
export type Shuffle = { readonly numbers: Uint32Array; readonly order: Uint32Array };

/** Swaps between two looks at whether others want to work: about 5 ms on one core. */
const swapsPerSlice = 32_768;

/** Fisher-Yates over 1…N: from the last position down, each changes places with one at or before it. */
export function shuffle(drawSeed: Uint8Array, entrants: number): Shuffle {
  const slices = shuffleSlices(drawSeed, entrants);
  for (;;) {
    const slice = slices.next();
    if (slice.done === true) return slice.value;
  }
}

/** The same, without holding up the process for longer than a slice. */
export async function shuffleAside(drawSeed: Uint8Array, entrants: number): Promise<Shuffle> {
  const slices = shuffleSlices(drawSeed, entrants);
  for (;;) {
    const slice = slices.next();
    if (slice.done === true) return slice.value;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function* shuffleSlices(drawSeed: Uint8Array, entrants: number): Generator<void, Shuffle> {
  const uniform = createUniformNumbers(drawSeed);
  const order = Uint32Array.from({ length: entrants }, (_, at) => at + 1);
  yield;
  for (let last = entrants - 1; last > 0; last -= 1) {
    swap(order, last, uniform(last + 1));
    if (last % swapsPerSlice === 0) yield;
  }
  yield;
  return { numbers: inverse(order), order };
}

function swap(order: Uint32Array, left: number, right: number): void {
  const kept = order[left] as number;
  order[left] = order[right] as number;
  order[right] = kept;
}

function inverse(order: Uint32Array): Uint32Array {
  const numbers = new Uint32Array(order.length);
  for (let at = 0; at < order.length; at += 1) numbers[(order[at] as number) - 1] = at + 1;
  return numbers;
}
