import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "./sha256.ts";
import { shuffle, shuffleAside } from "./shuffle.ts";
import { createUniformNumbers, type UniformNumbers } from "./uniform-numbers.ts";

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("everybody has exactly one number, and the two ways to look it up agree", () => {
  const property = fc.property(seeds, fc.integer({ min: 0, max: 500 }), (seed, entrants) => {
    const { numbers, order } = shuffle(seed, entrants);
    const all = Array.from({ length: entrants }, (_, at) => at + 1);
    expect([...order].toSorted((left, right) => left - right)).toEqual(all);
    expect(all.map((number) => numbers[(order[number - 1] as number) - 1])).toEqual(all);
  });
  fc.assert(property);
});

test("a million are drawn completely, in slices that let others work, with the same result", async () => {
  const entrants = 1_000_000;
  let turns = 0;
  let waiting: NodeJS.Immediate;
  const work = () => {
    turns += 1;
    waiting = setImmediate(work);
  };
  waiting = setImmediate(work);
  const { numbers, order } = await shuffleAside(seedOf(1), entrants);
  clearImmediate(waiting);
  expect(turns).toBeGreaterThan(20);
  expect(Buffer.from(shuffle(seedOf(1), entrants).order.buffer).equals(Buffer.from(order.buffer))).toBe(true);
  const seen = new Uint8Array(entrants);
  for (const number of numbers) seen[number - 1] = 1;
  expect(seen.indexOf(0)).toBe(-1);
});

// Fixed seeds: the figures are the same in every run. 49.73 is passed by one of 1,000 fair draws with 23 degrees of freedom.
test("of 24,000 draws of four, every order comes equally often", () => {
  expect(chiSquareOfOrders((seed) => [...shuffle(seed, 4).order])).toBeLessThan(49.73);
});

test("the same test sees the classic mistake of swapping with any position", () => {
  expect(chiSquareOfOrders(naiveShuffle)).toBeGreaterThan(500);
});

test("each of 16 entrants gets each number equally often", () => {
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 16_000; draw += 1)
    shuffle(seedOf(draw), 16).numbers.forEach((number, at) => count(counts, `${at} ${number}`));
  // 225 degrees of freedom, one of 1,000.
  expect(chiSquare(counts, 256)).toBeLessThan(296.6);
});

test("numbers are even up to bounds where a plain remainder would favour the lowest third", () => {
  const third = 2 ** 30;
  const uniform = createUniformNumbers(seedOf(3));
  const counts = new Map<string, number>();
  for (let drawn = 0; drawn < 30_000; drawn += 1) count(counts, `${Math.floor(uniform(3 * third) / third)}`);
  expect(chiSquare(counts, 3)).toBeLessThan(13.82);
});

test("a bound of one has one number, and the largest bound every word", () => {
  const uniform = createUniformNumbers(seedOf(4));
  expect(uniform(1)).toBe(0);
  for (let drawn = 0; drawn < 100; drawn += 1) expect(uniform(2 ** 32)).toBeLessThan(2 ** 32);
});

function seedOf(draw: number): Buffer {
  return sha256(Buffer.from(`seed ${draw}`));
}

function chiSquareOfOrders(orderOf: (seed: Buffer) => number[]): number {
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 24_000; draw += 1) count(counts, orderOf(seedOf(draw)).join());
  return chiSquare(counts, 24);
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function chiSquare(counts: ReadonlyMap<string, number>, kinds: number): number {
  const seen = [...counts.values(), ...Array<number>(kinds - counts.size).fill(0)];
  const expected = seen.reduce((sum, times) => sum + times, 0) / kinds;
  return seen.reduce((sum, times) => sum + (times - expected) ** 2 / expected, 0);
}

function naiveShuffle(seed: Buffer): number[] {
  const uniform: UniformNumbers = createUniformNumbers(seed);
  const order = [1, 2, 3, 4];
  for (let at = 0; at < order.length; at += 1) {
    const other = uniform(order.length);
    [order[at], order[other]] = [order[other] as number, order[at] as number];
  }
  return order;
}
