import { expect, test } from "vitest";
import { createTurns } from "./turns.ts";

/** Time passes by waiting alone. */
function turnsInTime() {
  let nowMs = 1_000;
  const wait = async (ms: number) => {
    nowMs += ms;
  };
  return { turns: createTurns({ now: () => nowMs }, wait), now: () => nowMs };
}

test("what comes later begins at once where nothing runs", async () => {
  const { turns, now } = turnsInTime();
  expect(await turns.later(async () => now())).toBe(1_000);
});

test("what comes later waits until the first has ended and a moment more, but no longer than two seconds", async () => {
  const { turns, now } = turnsInTime();
  const gate = Promise.withResolvers<void>();
  const held = turns.first(() => gate.promise);
  expect(await turns.later(async () => now())).toBe(3_000);
  gate.resolve();
  await held;
  expect(await turns.later(async () => now())).toBe(3_150);
});

test("work that throws gives its turn back", async () => {
  const { turns, now } = turnsInTime();
  await expect(turns.first(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await turns.later(async () => now())).toBe(1_150);
});
