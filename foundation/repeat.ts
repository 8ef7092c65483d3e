import type { Logger } from "./log.ts";

export type Repetition = { stop(): Promise<void> };

/** Runs `work` again and again, never twice at once, `everyMs` after it last ended; a throw is logged and the next run comes. */
export function repeat(name: string, everyMs: number, logger: Logger, work: () => Promise<void>): Repetition {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const run = async () => {
    try {
      await work();
    } catch (error) {
      logger.error({ err: error, work: name }, "repeated work failed and will be tried again");
    }
    if (!stopped) timer = setTimeout(start, everyMs);
  };
  const start = () => {
    running = run();
  };
  start();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
