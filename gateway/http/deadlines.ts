/** Things that must be done within the same time each: whoever is not taken back by then is told of. */
export type Deadlines<Item> = {
  add(item: Item): void;
  remove(item: Item): void;
};

/**
 * All wait for the same time, so they are due in the order in which they came and one timer, for the first, is enough
 * where each request had two of its own. It keeps no process alive.
 */
export function createDeadlines<Item>(afterMs: number, onDue: (item: Item) => void): Deadlines<Item> {
  const dueAtMs = new Map<Item, number>();
  let timer: NodeJS.Timeout | undefined;

  function wake(): void {
    timer = undefined;
    const nowMs = performance.now();
    for (const [item, atMs] of dueAtMs) {
      if (atMs > nowMs) return sleep(atMs - nowMs);
      dueAtMs.delete(item);
      onDue(item);
    }
  }

  function sleep(ms: number): void {
    timer = setTimeout(wake, Math.ceil(ms)).unref();
  }

  return {
    add: (item) => {
      dueAtMs.set(item, performance.now() + afterMs);
      if (timer === undefined) sleep(afterMs);
    },
    remove: (item) => void dueAtMs.delete(item),
  };
}
