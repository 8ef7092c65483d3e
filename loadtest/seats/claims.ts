import { fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Redis as NodeClient } from "ioredis";
import type { LoadableSection } from "../../booking-core/seats/loadable-section.ts";
import { createSeatEngine } from "../../booking-core/seats/seat-engine.ts";
import { systemClock } from "../../foundation/clock.ts";
import { createLogger } from "../../foundation/log.ts";
import { connectRedis } from "../../foundation/redis/connect.ts";
import { startRedisCluster } from "../../launch/redis-server.ts";
import { callerOf } from "../bench/calls.ts";
import { benchmarkScript } from "../bench/redis-benchmark.ts";
import { loadScript, timeInCommand } from "../bench/redis-readings.ts";
import type { Measurement } from "../bench/report.ts";
import type { Part } from "../bench/suite.ts";
import { loadSections } from "./claim-call.ts";
import type { ClaimCalls, Claims } from "./claim-process.ts";
import { claimScriptOf } from "./claim-script.ts";

type Sizes = {
  readonly rounds: number;
  readonly seatsPerSection: number;
  /** Of redis-benchmark, one section after the other: it calls a script with the same keys always. */
  readonly script: { readonly sections: number; readonly claimsEach: number };
  /** As many at once as redis-benchmark has in flight, each in a section of its own. */
  readonly singles: Omit<Claims, "urls" | "seatsPerSection">;
  readonly shared: Omit<Claims, "urls" | "seatsPerSection">;
};

const connections = 4;
const pipeline = 32;
const inFlight = connections * pipeline;

const full: Sizes = {
  rounds: 3,
  seatsPerSection: 20_000,
  script: { sections: 10, claimsEach: 8_000 },
  singles: { sections: inFlight, atOnce: inFlight, count: 100_000 },
  shared: { sections: 50, atOnce: 50 * 32, count: 200_000 },
};
const small: Sizes = {
  rounds: 1,
  seatsPerSection: 2_000,
  script: { sections: 1, claimsEach: 640 },
  singles: { sections: 16, atOnce: 16, count: 1_000 },
  shared: { sections: 4, atOnce: 64, count: 2_000 },
};

type Master = { readonly node: NodeClient; readonly port: number; readonly urls: readonly string[] };
type Rates = { readonly script: number[]; readonly singles: number[]; readonly shared: number[] };
type Calls = { singles: number; shared: number };

/** Claims through the engine, beside what Redis does with the same script when nothing of ours stands before it. */
export const claimsPart: Part = {
  name: "claims",
  async measure({ tiny, folder, say }) {
    const sizes = tiny ? small : full;
    const cluster = await startRedisCluster({ masters: 1, folder: join(folder, "claims"), persist: false });
    const port = cluster.nodes[0]?.port ?? 0;
    const master = { node: new NodeClient({ host: "127.0.0.1", port }), port, urls: cluster.urls };
    const rates: Rates = { script: [], singles: [], shared: [] };
    const perCall: Calls = { singles: 0, shared: 0 };
    try {
      for (let round = 0; round < sizes.rounds; round += 1) {
        rates.script.push(await scriptRate(master, sizes));
        for (const kind of ["singles", "shared"] as const) {
          const measured = await engineRate(master, {
            ...sizes[kind],
            seatsPerSection: sizes.seatsPerSection,
          });
          rates[kind].push(measured.perSecond);
          perCall[kind] = measured.perCall;
        }
        say(`${Object.entries(rates).map(([name, all]) => `${name} ${Math.round(all.at(-1) ?? 0)}/s`)}`);
        await master.node.flushall();
      }
    } finally {
      master.node.disconnect();
      await cluster.stop();
    }
    return figures(rates, perCall);
  },
};

/** The least of noise: other work on the machine only ever takes from a rate. */
function figures(rates: Rates, perCall: Calls): Measurement[] {
  const limit = { name: "the script, a claim a call, by redis-benchmark", value: Math.max(...rates.script) };
  const unit = "claims/s";
  return [
    {
      ...{
        name: "claims through booking-core, alone in their calls",
        value: Math.max(...rates.singles),
        unit,
        limit,
      },
      bar: { of: "ratio", sign: "≥", at: 0.8, size: "full" },
    },
    { name: "claims that are in a call then", value: perCall.singles, unit: "claims" },
    {
      ...{ name: "claims through booking-core, coalesced", value: Math.max(...rates.shared), unit, limit },
      bar: { of: "ratio", sign: "≥", at: 1.2, size: "full" },
    },
    { name: "claims that share a call then", value: perCall.shared, unit: "claims" },
  ];
}

async function scriptRate(master: Master, { script, seatsPerSection }: Sizes): Promise<number> {
  const redis = connectRedis(master.urls, createLogger("bench", "error"));
  const seats = createSeatEngine({ redis, clock: systemClock });
  let seconds = 0;
  try {
    for (const section of await loadSections(seats, script.sections, seatsPerSection)) {
      seconds += script.claimsEach / (await benchmarkSection(master, section, script.claimsEach));
      const held = (await seats.holds(section.eventId, section.id)).length;
      if (held !== script.claimsEach) throw new Error(`${script.claimsEach} claims made ${held} holds`);
    }
  } finally {
    redis.disconnect();
  }
  return (script.sections * script.claimsEach) / seconds;
}

async function benchmarkSection({ node, port }: Master, section: LoadableSection, requests: number) {
  const { source, call } = await claimScriptOf(section, 2);
  const sha = await loadScript(node, source);
  const options = { host: "127.0.0.1", port, requests, connections, pipeline };
  return (await benchmarkScript({ ...call, sha }, options)).perSecond;
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
