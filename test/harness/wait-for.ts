import { setTimeout as pause } from "node:timers/promises";

type Found<Result> = Exclude<Result, undefined | false | null>;

/** Waits until `condition` gives something other than nothing or `false`, and gives that; fails with what it waited for. */
export async function waitFor<Result>(
  condition: () => Result | Promise<Result>,
  options: { readonly what: string; readonly withinMs?: number },
): Promise<Found<Result>> {
  const withinMs = options.withinMs ?? 10_000;
  const deadline = Date.now() + withinMs;
  for (;;) {
    const result = await condition();
    if (result !== undefined && result !== false && result !== null) return result as Found<Result>;
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${options.what}`);
    await pause(20);
  }
}
