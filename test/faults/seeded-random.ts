/** Gives the same numbers for the same seed: what a run draws can be drawn again. */
export type SeededRandom = {
  /** From 0 to below 1. */
  fraction(): number;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  chance(share: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  /** One of its own for a part of the run, so that no part's draws depend on how often another one drew. */
  fork(name: string): SeededRandom;
};

export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (least: number, most: number) => least + Math.floor(fraction() * (most - least + 1));
  return {
    fraction,
    between,
    chance: (share) => fraction() < share,
    pick: (items) => {
      const item = items[between(0, items.length - 1)];
      if (item === undefined) throw new Error("there is nothing to pick from");
      return item;
    },
    fork: (name) => seededRandom(hash(name, seed)),
  };
}

/** FNV-1a over the name, begun with the seed. */
function hash(name: string, seed: number): number {
  let value = (2_166_136_261 ^ seed) >>> 0;
  for (const character of name) value = Math.imul(value ^ character.charCodeAt(0), 16_777_619) >>> 0;
  return value;
}
