import { fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Redis as NodeClient } from "ioredis";
import { startRedisCluster } from "../../launch/redis-server.ts";
import { callerOf } from "../bench/calls.ts";
import { timeInCommand } from "../bench/redis-readings.ts";
import type { Measurement } from "../bench/report.ts";
import type { Part } from "../bench/suite.ts";
import type { ClaimCalls, Claims } from "./claim-process.ts";
import { allSectionsRate, type Master, oneSectionRate, type ScriptLoad } from "./script-rates.ts";

type ScriptSizes = Pick<ScriptLoad, "sections" | "claims">;
type Sizes = {
  readonly rounds: number;
  readonly seatsPerSection: number;
  /** By redis-benchmark, one section after the other. */
  readonly oneSection: ScriptSizes;
  /** By redis-benchmark, in the sections of `singles`. */
  readonly allSections: ScriptSizes;
  /** As many at once as redis-benchmark has in flight, each in a section of its own. */
  readonly singles: Omit<Claims, "urls" | "seatsPerSection">;
  readonly shared: Omit<Claims, "urls" | "seatsPerSection">;
};

const connections = 16;
const pipeline = 32;
const inFlight = connections * pipeline;

const full: Sizes = {
  rounds: 3,
  seatsPerSection: 20_000,
  oneSection: { sections: 10, claims: 80_000 },
  allSections: { sections: inFlight, claims: 80_000 },
  singles: { sections: inFlight, atOnce: inFlight, count: 100_000 },
  shared: { sections: 50, atOnce: 50 * 32, count: 200_000 },
};
const small: Sizes = {
  rounds: 1,
  seatsPerSection: 2_000,
  oneSection: { sections: 1, claims: 640 },
  allSections: { sections: 16, claims: 640 },
  singles: { sections: 16, atOnce: 16, count: 1_000 },
  shared: { sections: 4, atOnce: 64, count: 2_000 },
};

type Rates = Record<"oneSection" | "allSections" | "singles" | "shared", number[]>;
const limitsOfScript = [
  ["oneSection", oneSectionRate],
  ["allSections", allSectionsRate],
] as const;
type Calls = { singles: number; shared: number };

/**
 * Claims through the engine, beside what Redis does with the same script when nothing of ours stands before it. Each
 * begins with an empty node: behind what another left there, the same claims took a tenth longer.
 */
export const claimsPart: Part = {
  name: "claims",
  async measure({ tiny, folder, say }) {
    const sizes = tiny ? small : full;
    const cluster = await startRedisCluster({ masters: 1, folder: join(folder, "claims"), persist: false });
    const port = cluster.nodes[0]?.port ?? 0;
    const master = { node: new NodeClient({ host: "127.0.0.1", port }), port, urls: cluster.urls };
    const rates: Rates = { oneSection: [], allSections: [], singles: [], shared: [] };
    const perCall: Calls = { singles: 0, shared: 0 };
    try {
      for (let round = 0; round < sizes.rounds; round += 1) {
        for (const [kind, measure] of limitsOfScript) {
          const load = { ...sizes[kind], seatsPerSection: sizes.seatsPerSection, connections, pipeline };
          await master.node.flushall();
          rates[kind].push(await measure(master, load));
        }
        for (const kind of ["singles", "shared"] as const) {
          await master.node.flushall();
          const measured = await engineRate(master, {
            ...sizes[kind],
            seatsPerSection: sizes.seatsPerSection,
          });
          rates[kind].push(measured.perSecond);
          perCall[kind] = measured.perCall;
        }
        say(`${Object.entries(rates).map(([name, all]) => `${name} ${Math.round(all.at(-1) ?? 0)}/s`)}`);
      }
    } finally {
      master.node.disconnect();
      await cluster.stop();
    }
    return figures(rates, perCall);
  },
};

/**
 * The least of noise: other work on the machine only ever takes from a rate. Claims that are alone in their calls go to
 * 512 sections of 20,000 seats, and their bar is held against the script over as many: the same work. All of one
 * section and then all of the next is less, as the processor's caches are warm: the share of that limit is printed
 * too, and coalesced claims have their bar against it, the stricter one.
 */
function figures(rates: Rates, perCall: Calls): Measurement[] {
  const best = (kind: keyof Rates) => Math.max(...rates[kind]);
  const name = "the script, a claim a call, by redis-benchmark";
  const oneSection = { name: `${name}, one section after the other`, value: best("oneSection") };
  const allSections = { name: `${name}, the same sections`, value: best("allSections") };
  const unit = "claims/s";
  const [alone, coalesced] = [
    "claims through booking-core, alone in their calls",
    "claims through booking-core, coalesced",
  ];
  return [
    {
      ...{ name: alone, value: best("singles"), unit, limit: allSections },
      bar: { of: "ratio", sign: "≥", at: 0.8, size: "full" },
    },
    { name: `${alone} (a warm cache for the limit)`, value: best("singles"), unit, limit: oneSection },
    { name: "claims that are in a call then", value: perCall.singles, unit: "claims" },
    {
      ...{ name: coalesced, value: best("shared"), unit, limit: oneSection },
      bar: { of: "ratio", sign: "≥", at: 1.2, size: "full" },
    },
    { name: "claims that share a call then", value: perCall.shared, unit: "claims" },
  ];
}

const script = fileURLToPath(new URL("./claim-process.ts", import.meta.url));

async function engineRate({ node, urls }: Master, claims: Omit<Claims, "urls">) {
  const child = fork(script, [], { execArgv: [] });
  try {
    let perSecond = 0;
    const { calls } = await timeInCommand(node, "evalsha", async () => {
      perSecond = await callerOf<ClaimCalls>(child)("claim", { ...claims, urls });
    });
    return { perSecond, perCall: claims.count / (calls - claims.sections) };
  } finally {
    child.disconnect();
  }
}
