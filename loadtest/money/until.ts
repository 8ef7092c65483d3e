import { setTimeout as pause } from "node:timers/promises";

/** Waits for a condition; gives how long it took, in ms. */
export async function until(
  condition: () => Promise<boolean>,
  {
    what,
    withinMs,
    everyMs = 50,
  }: { readonly what: string; readonly withinMs: number; readonly everyMs?: number },
): Promise<number> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > withinMs)
      throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await pause(everyMs);
  }
  return performance.now() - startedAt;
}
