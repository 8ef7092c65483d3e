/** Asks simulated buyers what they were told and how long they really waited. */
import { planRoom, type Family } from "./test-room-plans.ts";
import { between, type Random, type RoomStep, seededRandom, simulateRoom } from "./test-simulation.ts";
import type { WaitRange } from "./wait-range.ts";

/** What is asked of an estimate: ours, or one to compare it with. */
export type Promiser = {
  observe(step: RoomStep): void;
  rangeOf(ahead: number): WaitRange | undefined;
};

export type Answer = {
  readonly family: Family;
  readonly ahead: number;
  readonly askedMs: number;
  readonly paused: boolean;
  readonly waitedMs: number;
  readonly range: WaitRange;
};

const askEveryMs = 20_000;
const askForMs = 60 * 60_000;
const longestMs = 5 * 60 * 60_000;

type Asked = Omit<Answer, "waitedMs"> & { readonly number: number };

/** One room from its opening until everybody asked has had the turn. */
export function surveyRoom(family: Family, seed: number, promiser: Promiser): Answer[] {
  const random = seededRandom(seed);
  const plan = planRoom(family, random);
  const asked: Asked[] = [];
  const passed: number[] = [];
  let highest = 0;
  simulateRoom(plan, random, (step) => {
    promiser.observe(step);
    passed.push(step.servedUpTo);
    if (step.nowMs % askEveryMs === 0 && step.nowMs < askForMs) asked.push(...ask(family, step, promiser, random));
    highest = Math.max(highest, asked.at(-1)?.number ?? 0);
    const everybody = step.servedUpTo >= step.lastNumber;
    return everybody || step.nowMs > longestMs || (step.nowMs > askForMs && highest <= step.servedUpTo);
  });
  return asked.map(({ number, ...rest }) => ({ ...rest, waitedMs: waitOf(number, rest.askedMs, passed) }));
}

/** One near the front, one anywhere, and the one who came last. */
function ask(family: Family, step: RoomStep, promiser: Promiser, random: Random): Asked[] {
  const waiting = step.lastNumber - step.servedUpTo;
  const depths = [100, between(random, 10, waiting), waiting].map(Math.round);
  return depths.flatMap((ahead) => {
    const range = ahead > waiting || ahead < 1 ? undefined : promiser.rangeOf(ahead);
    if (range === undefined) return [];
    const number = step.servedUpTo + ahead;
    return [{ family, ahead, number, askedMs: step.nowMs, paused: step.state === "paused", range }];
  });
}

function waitOf(number: number, askedMs: number, passed: readonly number[]): number {
  let low = 0;
  let high = passed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((passed[middle] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return low === passed.length ? Number.POSITIVE_INFINITY : low * 250 - askedMs;
}
