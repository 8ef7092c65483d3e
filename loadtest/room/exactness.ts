import {
  measureUtilisation,
  simulateUtilisation,
  type Utilisation,
} from "../../queue-admission/test-utilisation.ts";
import type { Bar, Measurement } from "../bench/report.ts";
import type { Part, Run } from "../bench/suite.ts";
import { forceDrivers } from "./forced-drivers.ts";
import { type RoomServer, startRoomServer } from "./room-server.ts";
import { createUnprotectedDrivers } from "./unprotected-drivers.ts";

const seed = 20_251_121;

/** Never one too many inside, and hardly a slot unused: with 40% away, and drivers that die and that fight. */
export const exactnessPart: Part = {
  name: "exactness",
  async measure(run) {
    const server = await startRoomServer(run, "exactness");
    try {
      return [
        ...(await simulatedHour(run, server)),
        ...(await unprotectedHour(run, server)),
        ...(await realMinute(run, server)),
      ];
    } finally {
      await server.stop();
    }
  },
};

async function simulatedHour({ tiny, say }: Run, { redis }: RoomServer): Promise<Measurement[]> {
  const minutes = tiny ? 1 : 60;
  const seen = await simulateUtilisation(redis, minutes, seed);
  say(`${minutes} minutes are simulated`);
  return figuresOf(`${minutes} simulated minutes`, seen);
}

async function unprotectedHour({ tiny, say }: Run, { redis }: RoomServer): Promise<Measurement[]> {
  const { overshoot } = await simulateUtilisation(redis, tiny ? 0.5 : 2, seed, createUnprotectedDrivers);
  say("the same is simulated without the scripts");
  const bar: Bar = { of: "value", sign: "≥", at: 1, size: "any" };
  return [{ name: "check then increment: overshoot", value: overshoot, unit: "people", bar }];
}

async function realMinute({ tiny, say }: Run, { redis, urls }: RoomServer): Promise<Measurement[]> {
  const seconds = tiny ? 4 : 60;
  const forced = forceDrivers(redis);
  const seen = await measureUtilisation(redis, urls, seconds, seed);
  const { takeovers, refused } = await forced.stop();
  say(`${seconds} s are over, with ${seen.takeovers} dead drivers`);
  return [
    ...figuresOf(`${seconds} real seconds`, seen),
    { name: "drivers that were killed -9", value: seen.takeovers, unit: "processes" },
    { name: "drivers that were forced beside another", value: takeovers, unit: "times" },
    { name: "their steps that were refused afterwards", value: refused, unit: "steps" },
  ];
}

/** A tiny run may end before the room is full for the first time, and has nothing to say of its use. */
function figuresOf(span: string, seen: Utilisation): Measurement[] {
  const { overshoot, utilisation, awayShare, samples } = seen;
  const exact: Measurement = {
    ...{ name: `${span}: overshoot`, value: overshoot, unit: "people" },
    bar: { of: "value", sign: "≤", at: 0, size: "any" },
  };
  if (samples === 0) return [exact];
  return [
    exact,
    {
      ...{ name: `${span}: utilisation of the cap`, value: 100 * utilisation, unit: "%" },
      bar: { of: "value", sign: "≥", at: 99, size: "full" },
    },
    { name: `${span}: absent of those who wait`, value: 100 * awayShare, unit: "%" },
  ];
}
