/** What Redis does with the script of claims when nothing of ours stands before it, in a second. */
import type { Redis as NodeClient } from "ioredis";
import type { LoadableSection } from "../../booking-core/seats/loadable-section.ts";
import { createSeatEngine, type SeatEngine } from "../../booking-core/seats/seat-engine.ts";
import { systemClock } from "../../foundation/clock.ts";
import { createLogger } from "../../foundation/log.ts";
import { connectRedis } from "../../foundation/redis/connect.ts";
import { benchmarkScript } from "../bench/redis-benchmark.ts";
import { loadScript } from "../bench/redis-readings.ts";
import { loadSections } from "./claim-call.ts";
import { type ClaimScript, claimScriptOf, claimScriptOfAll } from "./claim-script.ts";

export type Master = {
  readonly node: NodeClient;
  readonly port: number;
  readonly urls: readonly string[];
};
export type ScriptLoad = {
  readonly sections: number;
  readonly seatsPerSection: number;
  readonly claims: number;
  readonly connections: number;
  readonly pipeline: number;
};

/** All of one section, then all of the next: what a claim touches is in the processor's cache from the one before. */
export function oneSectionRate(master: Master, load: ScriptLoad): Promise<number> {
  return withSections(master, load, async (sections) => {
    const each = { ...load, claims: load.claims / sections.length };
    let seconds = 0;
    for (const section of sections)
      seconds += each.claims / (await rateOf(master, await claimScriptOf(section, 2), each));
    return load.claims / seconds;
  });
}

/** Each of any section. */
export function allSectionsRate(master: Master, load: ScriptLoad): Promise<number> {
  return withSections(master, load, async ([section]) => {
    if (section === undefined) throw new Error("there is no section");
    return rateOf(master, await claimScriptOfAll(section, 2), load, load.sections);
  });
}

async function withSections(
  { urls }: Master,
  load: ScriptLoad,
  measure: (sections: readonly LoadableSection[]) => Promise<number>,
): Promise<number> {
  const redis = connectRedis(urls, createLogger("bench", "error"));
  const seats = createSeatEngine({ redis, clock: systemClock });
  try {
    const sections = await loadSections(seats, load.sections, load.seatsPerSection);
    const rate = await measure(sections);
    await assertHeld(seats, sections, load.claims);
    return rate;
  } finally {
    redis.disconnect();
  }
}

/** Of numbers below that of the sections some bookings have the same three. */
async function assertHeld(seats: SeatEngine, sections: readonly LoadableSection[], claims: number) {
  const holds = await Promise.all(sections.map(({ eventId, id }) => seats.holds(eventId, id)));
  const held = holds.reduce((sum, { length }) => sum + length, 0);
  if (held > claims || held < 0.99 * claims) throw new Error(`${claims} claims made ${held} holds`);
}

async function rateOf(
  { node, port }: Master,
  { source, call }: ClaimScript,
  { claims: requests, connections, pipeline }: ScriptLoad,
  randomBelow?: number,
): Promise<number> {
  const sha = await loadScript(node, source);
  const options = {
    ...{ host: "127.0.0.1", port, requests, connections, pipeline },
    ...(randomBelow === undefined ? {} : { randomBelow }),
  };
  return (await benchmarkScript({ ...call, sha }, options)).perSecond;
}
