/** Preloaded (`--import`) into any process of ours that is measured: it answers what the process takes. */
import { answerCalls } from "./calls.ts";

export type MeterCalls = {
  /** Resident, after full collections. */
  memoryBytes(argument: null): number;
  cpuMs(argument: null): number;
};

answerCalls({
  memoryBytes: () => {
    if (globalThis.gc === undefined) throw new Error("the process runs without --expose-gc");
    // The first finds what is to be finalised, the second frees it.
    globalThis.gc();
    globalThis.gc();
    return process.memoryUsage.rss();
  },
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
} satisfies MeterCalls);
