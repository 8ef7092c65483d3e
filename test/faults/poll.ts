import { setTimeout as pause } from "node:timers/promises";

const everyMs = 50;

/** Waits until `condition` gives `true`; says whether it did in time. What throws is not true yet. */
export async function holdsWithin(
  withinMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const holds = await Promise.resolve()
      .then(condition)
      .catch(() => false);
    if (holds) return true;
    if (performance.now() > deadline) return false;
    await pause(everyMs);
  }
}

export async function mustHold(
  what: string,
  withinMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  if (!(await holdsWithin(withinMs, condition))) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
}
