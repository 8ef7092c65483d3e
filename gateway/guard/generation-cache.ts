/** A cache of bounded size in two generations: what neither of the last two saw is forgotten. Every step is O(1). */
export type Cache<Value> = {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
};

export function createCache<Value>(most: number): Cache<Value> {
  let current = new Map<string, Value>();
  let previous = new Map<string, Value>();
  const set = (key: string, value: Value) => {
    if (current.size >= most / 2 && !current.has(key)) [previous, current] = [current, new Map()];
    current.set(key, value);
  };
  return {
    set,
    get: (key) => {
      const value = current.get(key) ?? previous.get(key);
      if (value !== undefined && !current.has(key)) set(key, value);
      return value;
    },
  };
}
