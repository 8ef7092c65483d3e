/** Families of rooms to simulate: each is drawn at random, and troubles the estimate in one way, or in several. */
import { between, type Random, type RoomPlan } from "./test-simulation.ts";

export const families = [
  "steady",
  "rate changes",
  "pauses",
  "absentees",
  "cap-limited",
  "waves",
  "sold out",
  "automatic pace",
  "everything",
] as const;
export type Family = (typeof families)[number];

const minuteMs = 60_000;

/** One drawn value reigns for a random while, then the next one does. */
function reigns(random: Random, meanMs: number, draw: (last: number | undefined) => number) {
  const reign = (fromMs: number, last?: number) => ({
    untilMs: fromMs + meanMs * (0.3 - Math.log(1 - random())),
    value: draw(last),
  });
  let now = reign(0);
  const past: (typeof now)[] = [];
  return (nowMs: number): number => {
    while (now.untilMs <= nowMs) {
      past.push(now);
      now = reign(now.untilMs, now.value);
    }
    return (past.find(({ untilMs }) => untilMs > nowMs) ?? now).value;
  };
}

/** Slides from one drawn value to the next, so that it changes with every moment. */
function slides(everyMs: number, draw: () => number) {
  const points = [draw()];
  return (nowMs: number): number => {
    const index = Math.floor(nowMs / everyMs);
    while (points.length < index + 2) points.push(draw());
    const share = nowMs / everyMs - index;
    return (points[index] ?? 0) * (1 - share) + (points[index + 1] ?? 0) * share;
  };
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

function quietPlan(random: Random): RoomPlan {
  const rate = between(random, 60, 3_000);
  const minutes = between(random, 10, 120);
  const absent = random() * 0.3;
  return {
    lobby: Math.round(Math.min(130_000, (rate * minutes) / (1 - absent))),
    joinsPerMinute: rate * random() * 0.5,
    cap: Number.POSITIVE_INFINITY,
    rateAt: () => rate,
    settingAt: () => rate,
    absentShareAt: () => absent,
    stayMsAt: () => 5 * minuteMs,
    pausedAt: () => false,
    waves: [],
  };
}

export function planRoom(family: Family, random: Random): RoomPlan {
  const quiet = quietPlan(random);
  if (family !== "everything") return { ...quiet, ...troubles[family](quiet, random) };
  const kinds = Object.values(troubles).filter(() => random() < 0.5);
  return kinds.reduce((plan, trouble) => ({ ...plan, ...trouble(plan, random) }), quiet);
}

type Trouble = (plan: RoomPlan, random: Random) => Partial<RoomPlan>;

const troubles: Readonly<Record<Exclude<Family, "everything">, Trouble>> = {
  steady: () => ({}),
  "rate changes": (plan, random) => {
    const base = plan.rateAt(0);
    const next = (last?: number) => clamp((last ?? base) * between(random, 0.4, 2.5), base / 4, base * 3);
    const rateAt = reigns(random, between(random, 4, 20) * minuteMs, next);
    return { rateAt, settingAt: rateAt };
  },
  pauses: (_, random) => {
    const openMs = between(random, 3, 25) * minuteMs;
    const pausedMs = between(random, 0.3, 3) * minuteMs;
    return { pausedAt: pauses(random, openMs, pausedMs) };
  },
  absentees: (_, random) => ({
    absentShareAt: slides(between(random, 2, 15) * minuteMs, () => random() * 0.6),
  }),
  "cap-limited": (plan, random) => {
    const stayMs = between(random, 1, 8) * minuteMs;
    const cap = Math.max(5, Math.round(((plan.rateAt(0) * stayMs) / minuteMs) * between(random, 0.2, 0.9)));
    return { cap, stayMsAt: slides(5 * minuteMs, () => stayMs * between(random, 0.6, 1.6)) };
  },
  waves: (_, random) => {
    const count = 1 + Math.floor(random() * 5);
    const draw = () => ({ atMs: random() * 60 * minuteMs, share: 0.05 + random() * 0.35 });
    return { waves: Array.from({ length: count }, draw) };
  },
  "sold out": (plan, random) => {
    const base = plan.rateAt;
    const fromMs = between(random, 10, 60) * minuteMs;
    const fallMs = between(random, 5, 30) * minuteMs;
    const least = between(random, 0.15, 0.6);
    return {
      rateAt: (nowMs) => base(nowMs) * clamp(1 - ((nowMs - fromMs) / fallMs) * (1 - least), least, 1),
    };
  },
  "automatic pace": (plan, random) => {
    const most = plan.rateAt(0);
    const capacity = slides(between(random, 3, 12) * minuteMs, () => most * between(random, 0.4, 1));
    return { rateAt: sawtooth(capacity, most), settingAt: () => most };
  },
};

/** Open and paused by turns; a pause lasts from 10 s to some minutes. */
function pauses(random: Random, openMs: number, pausedMs: number) {
  const ends: number[] = [];
  let index = 0;
  return (nowMs: number): boolean => {
    while ((ends.at(-1) ?? 0) <= nowMs) {
      ends.push((ends.at(-1) ?? 0) - openMs * Math.log(1 - random()));
      ends.push((ends.at(-1) ?? 0) + Math.max(10_000, pausedMs * between(random, 0.33, 3)));
    }
    while ((ends[index] ?? 0) <= nowMs) index += 1;
    return index % 2 === 1;
  };
}

function sawtooth(capacity: (nowMs: number) => number, most: number) {
  let rate = most / 4;
  let nextMs = 0;
  return (nowMs: number): number => {
    while (nextMs <= nowMs) {
      rate = clamp(rate > capacity(nextMs) ? rate * 0.7 : rate + most * 0.05, most / 50, most);
      nextMs += 5_000;
    }
    return rate;
  };
}
