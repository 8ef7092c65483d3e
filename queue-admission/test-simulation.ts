/** A room's watermark over simulated time: what a driver sees of shoppers, operators and the cap. */
import type { WaitObservation } from "./watermark-flow.ts";

export type Random = () => number;

/** Mulberry32: small, and the same on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const between = (random: Random, least: number, most: number): number =>
  least * (most / least) ** random();

/** What happens in one simulated room; times are milliseconds since its opening. */
export type RoomPlan = {
  readonly lobby: number;
  readonly joinsPerMinute: number;
  readonly cap: number;
  rateAt(nowMs: number): number;
  /** The rate that the operator has set; what flows may differ. */
  settingAt(nowMs: number): number;
  absentShareAt(nowMs: number): number;
  stayMsAt(nowMs: number): number;
  pausedAt(nowMs: number): boolean;
  /** Moments at which a share of all who wait leaves at once. */
  readonly waves: readonly { readonly atMs: number; readonly share: number }[];
};

export type RoomStep = WaitObservation & { readonly ratePerMinute: number };

export const stepMs = 250;

type Shoppers = {
  servedUpTo: number;
  lastNumber: number;
  inside: number;
  flow: number;
  readonly left: { readonly upTo: number; readonly share: number }[];
};

/** Runs the room until `until` says so, step by step. */
export function simulateRoom(plan: RoomPlan, random: Random, onStep: (step: RoomStep) => boolean): void {
  const room: Shoppers = { servedUpTo: 0, lastNumber: plan.lobby, inside: 0, flow: 0, left: [] };
  let joining = 0;
  for (let nowMs = 0; ; nowMs += stepMs) {
    joining += (plan.joinsPerMinute * stepMs) / 60_000;
    room.lastNumber += Math.floor(joining);
    joining %= 1;
    leaveInWaves(room, plan, nowMs);
    const state = plan.pausedAt(nowMs) ? "paused" : "open";
    endStays(room, plan.stayMsAt(nowMs), random);
    if (state === "open") offerTurns(room, plan, nowMs, random);
    const { servedUpTo, lastNumber } = room;
    if (onStep({ nowMs, servedUpTo, lastNumber, state, ratePerMinute: plan.settingAt(nowMs) })) return;
  }
}

function leaveInWaves(room: Shoppers, plan: RoomPlan, nowMs: number): void {
  for (const { atMs, share } of plan.waves)
    if (atMs <= nowMs && nowMs < atMs + stepMs) room.left.push({ upTo: room.lastNumber, share });
}

/** The number that leaves in one step is Poisson, for few by product, for many by the normal curve. */
function endStays(room: Shoppers, stayMs: number, random: Random): void {
  const mean = (room.inside * stepMs) / stayMs;
  room.inside -= Math.min(room.inside, mean < 20 ? fewEvents(mean, random) : manyEvents(mean, random));
}

function fewEvents(mean: number, random: Random): number {
  let count = 0;
  for (let product = random(); product > Math.exp(-mean); product *= random()) count += 1;
  return count;
}

function manyEvents(mean: number, random: Random): number {
  const normal = random() + random() + random() + random() + random() + random() - 3;
  return Math.max(0, Math.round(mean + normal * Math.sqrt(2 * mean)));
}

function offerTurns(room: Shoppers, plan: RoomPlan, nowMs: number, random: Random): void {
  room.flow = Math.min(room.flow, 1) + (plan.rateAt(nowMs) * stepMs) / 60_000;
  let free = Math.min(Math.floor(room.flow), plan.cap - room.inside);
  const absent = plan.absentShareAt(nowMs);
  while (free > 0 && room.servedUpTo < room.lastNumber) {
    room.servedUpTo += 1;
    if (random() < absent || hasLeft(room, random)) continue;
    free -= 1;
    room.flow -= 1;
    room.inside += 1;
  }
}

const hasLeft = (room: Shoppers, random: Random): boolean =>
  room.left.some(({ upTo, share }) => room.servedUpTo <= upTo && random() < share);
