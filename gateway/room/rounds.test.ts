import { expect, test } from "vitest";
import { createRounds, type Part } from "./rounds.ts";

const tickEveryMs = { near: 500, middle: 5_000, far: 30_000 };
const stepMs = 200;
const nameOf = ({ band, slice }: Part) => `${band} ${slice}`;

/** When each part heard, over a minute of ticks, after news at 0. */
function minute() {
  const rounds = createRounds({ tickEveryMs });
  rounds.due(0, true);
  const heard = new Map<string, number[]>();
  let most = 0;
  for (let nowMs = stepMs; nowMs <= 60_000; nowMs += stepMs) {
    const due = rounds.due(nowMs, false);
    most = Math.max(most, due.length);
    for (const part of due) heard.set(nameOf(part), [...(heard.get(nameOf(part)) ?? [0]), nowMs]);
  }
  return { heard, most };
}

const widest = (times: readonly number[]) =>
  Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0)));

test("those near hear within each second, those behind in their own time", () => {
  const { heard } = minute();
  expect(heard.size).toBe(41);
  for (const [name, times] of heard) {
    const most = name.startsWith("near") ? 600 : name.startsWith("middle") ? 5_000 : 30_000;
    expect(widest(times), name).toBeLessThanOrEqual(most);
    expect(times.length, name).toBeLessThanOrEqual(2 + 60_000 / (most * 0.6));
  }
});

test("those behind never hear all at once but where there is news", () => {
  expect(minute().most).toBeLessThanOrEqual(4);
  const rounds = createRounds({ tickEveryMs });
  rounds.due(0, true);
  expect(rounds.due(100, true)).toHaveLength(41);
});
