import { fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Redis as NodeClient } from "ioredis";
import { createSeatEngine } from "../../booking-core/seats/seat-engine.ts";
import { systemClock } from "../../foundation/clock.ts";
import { createLogger } from "../../foundation/log.ts";
import { connectRedis } from "../../foundation/redis/connect.ts";
import { startRedisCluster } from "../../launch/redis-server.ts";
import { callerOf } from "../bench/calls.ts";
import { besideInTurns } from "../bench/in-turns.ts";
import { middleOf } from "../bench/quantile.ts";
import type { Measurement } from "../bench/report.ts";
import type { Part } from "../bench/suite.ts";
import {
  type Claimed,
  type ClaimSizes,
  type Contest,
  contestOfClaims,
  inFlight,
  type Kind,
} from "./claim-contenders.ts";
import type { ClaimCalls } from "./claim-process.ts";

const full: ClaimSizes = {
  rounds: 9,
  seatsPerSection: 20_000,
  oneSection: { sections: 4, claims: 32_000 },
  allSections: { sections: inFlight, claims: 32_000 },
  alone: { sections: inFlight, claims: 32_000 },
  shared: { sections: 50, claims: 40_000 },
};
const small: ClaimSizes = {
  rounds: 1,
  seatsPerSection: 2_000,
  oneSection: { sections: 1, claims: 640 },
  // Numbers below this make the ids that redis-benchmark sends: of fewer too many would be the same.
  allSections: { sections: 64, claims: 640 },
  alone: { sections: 64, claims: 640 },
  shared: { sections: 4, claims: 1_280 },
};

const claimProcess = fileURLToPath(new URL("./claim-process.ts", import.meta.url));

/** Claims through the engine, beside what Redis does with the same script when nothing of ours stands before it. */
export const claimsPart: Part = {
  name: "claims",
  async measure({ tiny, folder, say }) {
    const sizes = tiny ? small : full;
    const cluster = await startRedisCluster({ masters: 1, folder: join(folder, "claims"), persist: false });
    const { urls } = cluster;
    const redis = connectRedis(urls, createLogger("bench", "error"));
    const port = cluster.nodes[0]?.port ?? 0;
    const node = new NodeClient({ host: "127.0.0.1", port });
    const child = fork(claimProcess, [], { execArgv: [] });
    try {
      const seats = createSeatEngine({ redis, clock: systemClock });
      const stand = { seats, node, port, urls, call: callerOf<ClaimCalls>(child) };
      return figures(await play(await contestOfClaims(stand, sizes), sizes.rounds, say));
    } finally {
      if (child.connected) child.disconnect();
      node.disconnect();
      redis.disconnect();
      await cluster.stop();
    }
  },
};

type Played = Readonly<Record<Kind, Claimed[]>>;

/**
 * In turns of about a second, so that what else the machine does falls on all of them. The first round is there for
 * processes to become warm, and does not count.
 */
async function play({ contenders, assertHeld }: Contest, rounds: number, say: (text: string) => void) {
  const played: Played = { oneSection: [], allSections: [], alone: [], shared: [] };
  const kinds = Object.keys(played) as Kind[];
  for (const kind of kinds) await contenders[kind](0);
  for (let round = 1; round <= rounds; round += 1) {
    for (const kind of kinds) played[kind].push(await contenders[kind](round));
    say(kinds.map((kind) => `${kind} ${Math.round(played[kind].at(-1)?.perSecond ?? 0)}/s`).join());
  }
  await assertHeld();
  return played;
}

/**
 * Claims that are alone in their calls go to 512 sections of 20,000 seats, and their bar is held against the script
 * over as many: the same work. All of one section and then all of the next is less, as the processor's caches are warm:
 * the share of that limit is printed too, and coalesced claims have their bar against it, the stricter one.
 */
function figures(played: Played): Measurement[] {
  const ratesOf = (kind: Kind) => played[kind].map(({ perSecond }) => perSecond);
  const perCall = (kind: Kind) => middleOf(played[kind].map((claimed) => claimed.perCall));
  const name = "the script, a claim a call, by redis-benchmark";
  const oneSection = {
    name: `${name}, one section after the other`,
    values: ratesOf("oneSection"),
  };
  const allSections = { name: `${name}, the same sections`, values: ratesOf("allSections") };
  const unit = "claims/s";
  const alone = { name: "claims through booking-core, alone in their calls", unit };
  const coalesced = { name: "claims through booking-core, coalesced", unit };
  return [
    {
      ...{ ...alone, ...besideInTurns(ratesOf("alone"), allSections) },
      bar: { of: "ratio", sign: "≥", at: 0.8, size: "full" },
    },
    {
      ...{ ...alone, name: `${alone.name} (a warm cache for the limit)` },
      ...besideInTurns(ratesOf("alone"), oneSection),
    },
    { name: "claims that are in a call then", value: perCall("alone"), unit: "claims" },
    {
      ...{ ...coalesced, ...besideInTurns(ratesOf("shared"), oneSection) },
      bar: { of: "ratio", sign: "≥", at: 1.2, size: "full" },
    },
    { name: "claims that share a call then", value: perCall("shared"), unit: "claims" },
  ];
}
