import { setTimeout as pause } from "node:timers/promises";

const pollEveryMs = 50;

/** Until it is so; throws where that takes too long. */
export async function poll(isSo: () => Promise<boolean>, withinMs: number): Promise<void> {
  const endsAt = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > endsAt) throw new Error(`not within ${withinMs} ms: ${isSo}`);
    await pause(pollEveryMs);
  }
}
