import { setTimeout as pause } from "node:timers/promises";

/** Waits until `condition` gives something other than nothing or `false`, and gives that; fails with what it waited for. */
export async function waitFor<Result>(
  what: string,
  condition: () => Result | Promise<Result>,
  withinMs = 10_000,
): Promise<Exclude<Result, undefined | false | null>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const result = await condition();
    if (result !== undefined && result !== false && result !== null) {
      return result as Exclude<Result, undefined | false | null>;
    }
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await pause(20);
  }
}
