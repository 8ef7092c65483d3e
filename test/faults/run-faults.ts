import { setTimeout as pause } from "node:timers/promises";
import { type Shopping } from "./admission.ts";
import { buyAfterwards, repeatKeys } from "./afterwards.ts";
import { planFaults } from "./fault-plan.ts";
import { injectLane, type Say } from "./inject.ts";
import { judge } from "./judge.ts";
import { createRecords, type Records } from "./records.ts";
import { comeToRest } from "./rest.ts";
import { seededRandom } from "./seeded-random.ts";
import { shopUntilClosed } from "./shopper.ts";
import { type Site, startSite } from "./site.ts";

export type Verdict = { readonly records: Records; readonly failures: readonly string[] };

type Wanted = {
  readonly seed: number;
  readonly lengthMs: number;
  readonly buyers: number;
  readonly folder: string;
  readonly only: readonly string[];
};

/** Orphan holds are found after 30 s, silent payments asked about every 15 s; the rest is a busy machine's. */
const restWithinMs = 90_000;
const watchEveryMs = 200;

/** Buyers shop while faults hit; then quiet; then everything is held against what was answered. */
export async function runFaults({ folder, ...wanted }: Wanted, say: Say): Promise<Verdict> {
  const records = createRecords();
  const site = await startSite(folder, Math.max(1, Math.ceil(wanted.lengthMs / 60_000)));
  try {
    say(`all is up: ${site.cluster.nodes.length} Redis nodes, Postgres, 2 gateways, 2 workers, the sandbox`);
    const ends = watchForEnds(site, records);
    const shopping = await shopThroughFaults(site, records, wanted, say);
    say("the faults are over; waiting until everything is at rest");
    await site.cluster.whole(60_000);
    const restless = await comeToRest(site, restWithinMs);
    say(restless.length === 0 ? "everything is at rest; judging" : `not at rest: ${restless.join("; ")}`);
    const verdict = await judgeAll(site, shopping);
    ends.stop();
    const unrest = restless.map((what) => `not at rest after ${restWithinMs} ms: ${what}`);
    return { records, failures: [...records.failures, ...unrest, ...verdict] };
  } finally {
    await site.stop();
  }
}

async function shopThroughFaults(
  site: Site,
  records: Records,
  { seed, lengthMs, buyers, only }: Omit<Wanted, "folder">,
  say: Say,
): Promise<Shopping> {
  const startedAtMs = Date.now();
  const closesAtMs = startedAtMs + lengthMs;
  let turn = 0;
  const gateway = () => {
    turn += 1;
    return site.gateways[turn % 2 === 0 ? 0 : 1].url;
  };
  // After the faults whoever still waits for an answer gets it within half a minute, or never.
  const shopping: Shopping = { records, gateway, endsAtMs: () => Math.max(closesAtMs, Date.now()) + 30_000 };
  const random = seededRandom(seed);
  const shoppers = Array.from({ length: buyers }, (_, index) =>
    shopUntilClosed(shopping, site.events, random.fork(`buyer ${index}`), closesAtMs),
  );
  const tell: Say = (line) => say(`${line} (${records.booked()} answers of bookings so far)`);
  const faults = planFaults(seed, lengthMs, only).map((lane) =>
    injectLane(site, lane, { startedAtMs, closesAtMs }, tell),
  );
  await Promise.all([...shoppers, ...faults]);
  return shopping;
}

async function judgeAll(site: Site, shopping: Shopping): Promise<string[]> {
  const judged = await judge(site, shopping.records);
  const failed = shopping.records.failures.length;
  await repeatKeys(site, shopping, 20);
  const bought = await buyAfterwards(site, shopping);
  return [...judged, ...shopping.records.failures.slice(failed), ...bought];
}

/** A process that nobody killed and that is gone all the same is a failure; it is started again for the rest. */
function watchForEnds(site: Site, records: Records) {
  const watch = { running: true };
  void (async () => {
    while (watch.running) {
      for (const app of [...site.gateways, ...site.workers]) {
        const how = app.endedByItself();
        if (how === undefined) continue;
        records.fail(`${app.name} ended by itself: ${how}`);
        await app.start().catch((error: Error) => records.fail(error.message));
      }
      await pause(watchEveryMs);
    }
  })();
  return {
    stop: () => {
      watch.running = false;
    },
  };
}
