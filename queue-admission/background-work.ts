import type { Logger } from "../foundation/log.ts";

/** Work beside the steps of a room: each kind runs once at a time, and its failure is logged and tried again. */
export function createBackgroundWork(logger: Logger) {
  const running = new Map<string, Promise<void>>();
  const failing = new Set<string>();

  async function runSafely(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      failing.delete(name);
    } catch (error) {
      if (!failing.has(name))
        logger.error({ err: error, work: name }, "work of the room failed and is tried again");
      failing.add(name);
    }
  }

  return {
    /** Nothing while the last run of this kind goes on. */
    run(name: string, work: () => Promise<void>): void {
      if (running.has(name)) return;
      running.set(
        name,
        runSafely(name, work).finally(() => running.delete(name)),
      );
    },
    settled: async () => {
      await Promise.all(running.values());
    },
  };
}
