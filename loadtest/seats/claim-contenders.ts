/** Claims through the engine, and the same script driven by redis-benchmark; each kind in sections of its own. */
import type { SeatEngine } from "../../booking-core/seats/seat-engine.ts";
import type { Caller } from "../bench/calls.ts";
import { benchmarkScript, type ScriptCall } from "../bench/redis-benchmark.ts";
import { loadScript, type NodeConnection, timeInCommand } from "../bench/redis-readings.ts";
import { loadSections, type Place } from "./claim-call.ts";
import type { ClaimCalls } from "./claim-process.ts";
import { type ClaimScript, claimScriptOf, claimScriptOfAll } from "./claim-script.ts";

const connections = 16;
const pipeline = 32;

/** As many claims wait for Redis at any time, by redis-benchmark as by the engine where each is alone in its call. */
export const inFlight = connections * pipeline;

type Slice = { readonly sections: number; readonly claims: number };
export type ClaimSizes = {
  readonly rounds: number;
  readonly seatsPerSection: number;
  /** By redis-benchmark: all of one section, then all of the next; what a claim touches is in the processor's cache from the one before. */
  readonly oneSection: Slice;
  /** By redis-benchmark: each of any section. */
  readonly allSections: Slice;
  /** Through the engine, in as many sections: one at a time in each. */
  readonly alone: Slice;
  /** Through the engine, 32 at a time in each section. */
  readonly shared: Slice;
};

export type Kind = "oneSection" | "allSections" | "alone" | "shared";
/** How many claims a second there were in one more round, and how many went together in a call of the script. */
export type Claimed = { readonly perSecond: number; readonly perCall: number };
export type Contenders = Readonly<Record<Kind, (round: number) => Promise<Claimed>>>;
export type Contest = {
  readonly contenders: Contenders;
  /** Whether redis-benchmark's answers were holds: it counts any answer. */
  assertHeld(): Promise<void>;
};

export type Stand = {
  readonly seats: SeatEngine;
  readonly node: NodeConnection;
  readonly port: number;
  readonly urls: readonly string[];
  readonly call: Caller<ClaimCalls>;
};

/** With sections for one round more than there are. */
export async function contestOfClaims(stand: Stand, sizes: ClaimSizes): Promise<Contest> {
  const { seats, node } = stand;
  const { oneSection, allSections, alone, shared } = sizes;
  const rounds = sizes.rounds + 1;
  const load = (count: number) => loadSections(seats, count, sizes.seatsPerSection);
  const ones = await load(oneSection.sections * rounds);
  const all = await load(allSections.sections);
  const [forAlone] = await load(alone.sections);
  const [forShared] = await load(shared.sections);
  const contenders: Contenders = {
    async oneSection(round) {
      const from = round * oneSection.sections;
      const each = oneSection.claims / oneSection.sections;
      let seconds = 0;
      for (const section of ones.slice(from, from + oneSection.sections))
        seconds +=
          each / (await scriptRate(stand, await scriptIn(node, await claimScriptOf(section, 2)), each));
      return { perSecond: oneSection.claims / seconds, perCall: 1 };
    },
    async allSections() {
      const inAny = await scriptIn(node, await claimScriptOfAll(all[0], 2));
      const perSecond = await scriptRate(stand, inAny, allSections.claims, allSections.sections);
      return { perSecond, perCall: 1 };
    },
    alone: () => engineRate(stand, forAlone, alone, alone.sections),
    shared: () => engineRate(stand, forShared, shared, shared.sections * pipeline),
  };
  const assertHeld = async () => {
    await assertHolds(seats, ones, oneSection.claims * rounds);
    await assertHolds(seats, all, allSections.claims * rounds);
  };
  return { contenders, assertHeld };
}

/** Of numbers below that of the sections some bookings have the same. */
async function assertHolds(seats: SeatEngine, sections: readonly Place[], claims: number) {
  let held = 0;
  for (const { eventId, id } of sections) held += (await seats.holds(eventId, id)).length;
  if (held > claims || held < 0.99 * claims) throw new Error(`${claims} claims made ${held} holds`);
}

async function scriptIn(node: NodeConnection, { source, call }: ClaimScript): Promise<ScriptCall> {
  return { ...call, sha: await loadScript(node, source) };
}

async function scriptRate({ port }: Stand, call: ScriptCall, requests: number, randomBelow?: number) {
  const options = { host: "127.0.0.1", port, requests, connections, pipeline };
  const { perSecond } = await benchmarkScript(
    call,
    randomBelow === undefined ? options : { ...options, randomBelow },
  );
  return perSecond;
}

async function engineRate(
  { node, urls, call }: Stand,
  first: Place,
  { sections, claims: count }: Slice,
  atOnce: number,
): Promise<Claimed> {
  let perSecond = 0;
  const { calls } = await timeInCommand(node, "evalsha", async () => {
    perSecond = await call("claim", { urls, first, sections, count, atOnce });
  });
  return { perSecond, perCall: count / calls };
}
