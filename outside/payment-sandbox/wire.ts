import { createDueQueue } from "./due-queue.ts";

type Work = () => Promise<void>;

/** So long what is to be overtaken waits for something else. */
const overtakenWithinMs = 2_000;

/** Work that comes due, a bounded part of it under way. */
export function createWire(atOnce: number) {
  const timers = new Set<NodeJS.Timeout>();
  const due = createDueQueue<Work>();
  const heldBack = new Set<() => void>();
  let underWay = 0;

  function start(work: Work): void {
    underWay += 1;
    void work().finally(() => {
      underWay -= 1;
      for (const release of heldBack) release();
      startDue();
    });
  }

  function startDue(): void {
    while (underWay < atOnce) {
      const work = due.take();
      if (work === undefined) return;
      start(work);
    }
  }

  function enqueue(work: Work): void {
    due.push(work);
    startDue();
  }

  function after(delayMs: number, work: Work): void {
    if (delayMs === 0) return enqueue(work);
    const timer = setTimeout(() => {
      timers.delete(timer);
      enqueue(work);
    }, delayMs);
    timers.add(timer);
  }

  return {
    after,
    /** Waits until another has arrived after it came due. */
    overtaken(delayMs: number, work: Work): void {
      after(delayMs, async () => {
        const release = () => {
          heldBack.delete(release);
          clearTimeout(timer);
          timers.delete(timer);
          enqueue(work);
        };
        const timer = setTimeout(release, overtakenWithinMs);
        timers.add(timer);
        setImmediate(() => heldBack.add(release));
      });
    },
    stop(): void {
      for (const timer of timers) clearTimeout(timer);
      heldBack.clear();
      due.clear();
    },
  };
}
