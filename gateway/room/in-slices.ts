/** Goes through all of them with pauses in which other work has its turn. */
export function inSlices<Item>(
  items: Iterable<Item>,
  slice: number,
  act: (item: Item) => void,
  done: () => void,
): void {
  const iterator = items[Symbol.iterator]();
  const step = () => {
    for (let count = 0; count < slice; count += 1) {
      const { value, done: ended } = iterator.next();
      if (ended) return done();
      act(value);
    }
    setImmediate(step);
  };
  step();
}
