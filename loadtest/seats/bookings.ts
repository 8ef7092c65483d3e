import { join } from "node:path";
import { type Locking, lockings } from "../baselines/postgres-seats/book.ts";
import type { Part, Run } from "../bench/suite.ts";
import type { LoadOptions, Measured } from "../measure.ts";
import { bookingFigures, type Rounds } from "./booking-figures.ts";
import {
  type Contest,
  contendBare,
  contendOurs,
  contendRows,
  contestOf,
  createRowsDatabase,
  type Rows,
} from "./contest.ts";
import type { Load } from "./request-maker.ts";
import { type Shop, startShop } from "./shop.ts";
import { addTime, shopTime } from "./shop-time.ts";

/**
 * A booking is answered when its group has committed, so 100 connections wait more than they ask; 400 keep both cores
 * busy. Each token books about once: a gateway that remembers tokens gains nothing.
 */
const full = {
  ...{ rounds: 2, seconds: 6, connections: 400, buyers: 60_000, tuneSeconds: 1.5, poolSizes: [8, 16, 32] },
  plan: { sections: 50, rows: 100, seatsPerRow: 50 },
};
const small: Sizes = {
  ...{ rounds: 1, seconds: 0.3, connections: 50, buyers: 500, tuneSeconds: 0, poolSizes: [16] },
  plan: { sections: 20, rows: 50, seatsPerRow: 50 },
};
type Sizes = Omit<typeof full, "poolSizes"> & { readonly poolSizes: readonly number[] };

type Stand = {
  readonly shop: Shop;
  readonly rowsUrl: string;
  readonly sizes: Sizes;
  readonly say: Run["say"];
};

const loads: readonly Load[] = ["spread", "one section"];

/** Durable bookings over HTTP, beside a bare server and beside a version that sells from Postgres rows. */
export const bookingsPart: Part = {
  name: "bookings",
  async measure({ tiny, folder, say }) {
    const sizes = tiny ? small : full;
    const plans = Array.from({ length: 1 + sizes.rounds * loads.length }, () => sizes.plan);
    const shop = await startShop(join(folder, "bookings"), plans, "gateway");
    try {
      const stand = { shop, rowsUrl: await createRowsDatabase(shop), sizes, say };
      const pools = await tunePools(stand);
      const rounds: Rounds = emptyRounds();
      for (let round = 0; round < sizes.rounds; round += 1) await holdRound(stand, pools, round, rounds);
      return bookingFigures(rounds);
    } finally {
      await shop.stop();
    }
  },
};

function emptyRounds(): Rounds {
  return { measured: new Map(), time: { gateway: 0, postgres: 0, redis: 0, generator: 0 } };
}

type Pools = ReadonlyMap<string, number>;

/** Of a few sizes the one that is best at this; what is tried also warms up the generator and ours. */
async function tunePools({ shop, rowsUrl, sizes, say }: Stand): Promise<Pools> {
  const [event] = shop.events;
  if (event === undefined) throw new Error("there is no event");
  const pools = new Map<string, number>();
  for (const load of loads) {
    const contest = contestOf(event, load, sizes.buyers, optionsOf(sizes, sizes.tuneSeconds));
    if (sizes.tuneSeconds > 0) await contendOurs(shop, contest);
    for (const locking of lockings) {
      const best = await bestPool(rowsUrl, locking, contest, sizes.poolSizes);
      pools.set(`${locking} ${load}`, best);
      say(`${locking}, ${load}: ${best} connections are best`);
    }
  }
  return pools;
}

async function bestPool(
  rowsUrl: string,
  locking: Locking,
  contest: Contest,
  poolSizes: readonly number[],
): Promise<number> {
  let best = { connections: poolSizes[0] ?? 1, perSecond: -1 };
  for (const connections of poolSizes.length > 1 ? poolSizes : []) {
    const { perSecond } = await contendRows(rowsUrl, { locking, connections }, contest);
    if (perSecond > best.perSecond) best = { connections, perSecond };
  }
  return best.connections;
}

async function holdRound(stand: Stand, pools: Pools, round: number, rounds: Rounds): Promise<void> {
  const { shop, sizes, say } = stand;
  for (const [index, load] of loads.entries()) {
    const event = shop.events[1 + round * loads.length + index];
    if (event === undefined) throw new Error("there are too few events");
    const contest = contestOf(event, load, sizes.buyers, optionsOf(sizes, sizes.seconds));
    const keep = (name: string, measured: Measured) => {
      rounds.measured.set(name, [...(rounds.measured.get(name) ?? []), measured]);
      say(
        `${name}: ${Math.round(measured.perSecond)}/s, ${measured.refused} refused, ${measured.errors} errors`,
      );
    };
    if (load === "spread") keep("bare", await contendBare(contest));
    const before = shopTime(shop);
    keep(`ours ${load}`, await contendOurs(shop, contest));
    if (load === "spread") rounds.time = addTime(rounds.time, before, shopTime(shop));
    for (const locking of lockings) {
      const rows: Rows = { locking, connections: pools.get(`${locking} ${load}`) ?? 1 };
      keep(`${locking} ${load}`, await contendRows(stand.rowsUrl, rows, contest));
    }
  }
}

function optionsOf({ connections }: Sizes, seconds: number): LoadOptions {
  return { seconds, connections };
}
