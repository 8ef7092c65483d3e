/** First in, first out; taking does not move what stays. */
export type DueQueue<Item> = { push(item: Item): void; take(): Item | undefined; clear(): void };

const movedAtOnce = 1_024;

export function createDueQueue<Item>(): DueQueue<Item> {
  let items: Item[] = [];
  let taken = 0;
  return {
    push: (item) => void items.push(item),
    take() {
      if (taken === items.length) return undefined;
      const item = items[taken];
      taken += 1;
      if (taken >= movedAtOnce && taken * 2 >= items.length) {
        items = items.slice(taken);
        taken = 0;
      }
      return item;
    },
    clear() {
      items = [];
      taken = 0;
    },
  };
}
