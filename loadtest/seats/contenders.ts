import { type Locking, lockings } from "../baselines/postgres-seats/book.ts";
import type { Run } from "../bench/suite.ts";
import type { Measured } from "../measure.ts";
import { contendBare, contendOurs, contendRows, contestOf } from "./contest.ts";
import type { PlannedEvent } from "./event-plan.ts";
import type { Load } from "./request-maker.ts";
import type { Shop } from "./shop.ts";

export type Contender = "bare" | "ours" | Locking;
/** How many clients ask at once, and how many connections to Postgres a version has that sells from rows. */
export type Setting = { readonly clients: number; readonly pool: number };
export type Settings = ReadonlyMap<string, Setting>;

export type Stand = {
  readonly shop: Shop;
  readonly rowsUrl: string;
  readonly buyers: number;
  readonly say: Run["say"];
};

export type Choices = {
  readonly clients: readonly [number, ...number[]];
  readonly pools: readonly [number, ...number[]];
  /** Of each trial; nothing is tried where it is 0. */
  readonly seconds: number;
};

export const loads: readonly Load[] = ["spread", "one section"];

export function contendersOf(load: Load): readonly Contender[] {
  return load === "spread" ? ["bare", "ours", ...lockings] : ["ours", ...lockings];
}

export function contend(
  { shop, rowsUrl, buyers }: Stand,
  contender: Contender,
  event: PlannedEvent,
  { load, seconds, clients, pool }: Setting & { readonly load: Load; readonly seconds: number },
): Promise<Measured> {
  const contest = contestOf(event, load, buyers, { seconds, connections: clients });
  if (contender === "bare") return contendBare(contest);
  if (contender === "ours") return contendOurs(shop, contest);
  return contendRows(rowsUrl, { locking: contender, connections: pool }, contest);
}

/** Ours sells events out, and takes another for each trial. */
export function eventsToTry({ clients }: Choices): number {
  return loads.length * clients.length;
}

/** Each has what is best for it: few clients leave cores idle that many keep waiting. What is tried also warms up. */
export async function tune(
  stand: Stand,
  choices: Choices,
  events: readonly PlannedEvent[],
): Promise<Settings> {
  const settings = new Map<string, Setting>();
  for (const [index, load] of loads.entries())
    for (const contender of contendersOf(load)) {
      const tried = events.slice(index * choices.clients.length);
      const best = await bestSetting(stand, contender, load, choices, tried);
      settings.set(`${contender} ${load}`, best);
      const pool = hasPool(contender) ? `, ${best.pool} connections to Postgres` : "";
      stand.say(`${contender}, ${load}: ${best.clients} clients${pool} are best`);
    }
  return settings;
}

function hasPool(contender: Contender): boolean {
  return contender !== "bare" && contender !== "ours";
}

async function bestSetting(
  stand: Stand,
  contender: Contender,
  load: Load,
  { clients, pools, seconds }: Choices,
  events: readonly PlannedEvent[],
): Promise<Setting> {
  let best = { setting: { clients: clients[0], pool: pools[0] }, perSecond: -1 };
  const attempt = async (setting: Setting) => {
    const event = events[clients.indexOf(setting.clients)];
    if (event === undefined) throw new Error("there are too few events to try");
    const { perSecond } = await contend(stand, contender, event, { ...setting, load, seconds });
    if (perSecond > best.perSecond) best = { setting, perSecond };
  };
  if (seconds === 0) return best.setting;
  for (const pool of hasPool(contender) ? pools : pools.slice(0, 1))
    await attempt({ clients: clients[0], pool });
  for (const more of clients.slice(1)) await attempt({ clients: more, pool: best.setting.pool });
  return best.setting;
}
