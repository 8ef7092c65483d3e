import { join } from "node:path";
import { besideInTurns } from "../bench/in-turns.ts";
import type { Measurement } from "../bench/report.ts";
import type { Run } from "../bench/suite.ts";
import type { Measured } from "../measure.ts";
import { contendOurs, contestOf } from "./contest.ts";
import { fillEarlier, seatsOfEarlier } from "./earlier-bookings.ts";
import type { EventPlan } from "./event-plan.ts";
import { type Shop, startShop } from "./shop.ts";

type Sizes = {
  readonly earlier: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly connections: number;
  readonly buyers: number;
  readonly plan: EventPlan;
};

const full: Sizes = {
  ...{ earlier: 1_000_000, rounds: 7, seconds: 3, warmSeconds: 3, connections: 400, buyers: 30_000 },
  plan: { sections: 50, rows: 100, seatsPerRow: 50 },
};
const small: Sizes = {
  ...{ earlier: 5_000, rounds: 1, seconds: 0.3, warmSeconds: 0.1, connections: 50, buyers: 500 },
  plan: { sections: 10, rows: 50, seatsPerRow: 50 },
};

/** Bookings a second with many earlier ones in Postgres, beside the same without any: two shops in turns. */
export async function flatBookings({ tiny, folder, say }: Run): Promise<Measurement[]> {
  const sizes = tiny ? small : full;
  const later = Array.from({ length: 1 + sizes.rounds }, () => sizes.plan);
  const [empty, filled] = await Promise.all([
    startShop(join(folder, "empty"), [earlierPlan(0), ...later]),
    startShop(join(folder, "filled"), [earlierPlan(sizes.earlier), ...later]),
  ]);
  try {
    const [earlier] = filled.events;
    if (earlier === undefined) throw new Error("there is no event");
    await fillEarlier(filled.databaseUrl, earlier, sizes.earlier);
    say(`${sizes.earlier} earlier bookings are there`);
    return figures(await holdRounds(empty, filled, sizes, say), sizes.earlier);
  } finally {
    await Promise.all([empty.stop(), filled.stop()]);
  }
}

/** An event with as many seats as were booked. */
function earlierPlan(bookings: number): EventPlan {
  const [sections, seatsPerRow] = [50, 200];
  const rows = Math.max(1, Math.ceil((bookings * seatsOfEarlier) / (sections * seatsPerRow)));
  return { sections, rows, seatsPerRow };
}

type Rounds = { readonly empty: Measured[]; readonly filled: Measured[] };

async function holdRounds(empty: Shop, filled: Shop, sizes: Sizes, say: Run["say"]): Promise<Rounds> {
  const rounds: Rounds = { empty: [], filled: [] };
  const shops = [
    ["empty", empty],
    ["filled", filled],
  ] as const;
  // The other comes first in each next round.
  for (let round = 0; round <= sizes.rounds; round += 1)
    for (const [name, shop] of round % 2 === 0 ? shops : shops.toReversed()) {
      const measured = await holdRound(shop, round, sizes);
      say(`${name}: ${Math.round(measured.perSecond)}/s`);
      // The first warms up.
      if (round > 0) rounds[name].push(measured);
    }
  return rounds;
}

function holdRound(shop: Shop, round: number, sizes: Sizes): Promise<Measured> {
  const event = shop.events[1 + round];
  if (event === undefined) throw new Error("there are too few events");
  const seconds = round === 0 ? sizes.warmSeconds : sizes.seconds;
  const options = { seconds, connections: sizes.connections };
  return contendOurs(shop, contestOf(event, "spread", sizes.buyers, options));
}

function figures({ empty, filled }: Rounds, earlier: number): Measurement[] {
  const rates = (measured: readonly Measured[]) => measured.map(({ perSecond }) => perSecond);
  const wrong = [...empty, ...filled].reduce((sum, { refused, errors }) => sum + refused + errors, 0);
  return [
    {
      ...{ name: `bookings with ${earlier.toLocaleString("en-US")} earlier ones`, unit: "bookings/s" },
      ...besideInTurns(rates(filled), { name: "with none", values: rates(empty) }),
      bar: { of: "ratio", sign: "≥", at: 0.9, size: "full" },
    },
    {
      ...{ name: "bookings that were answered otherwise", value: wrong, unit: "answers" },
      bar: { of: "value", sign: "≤", at: 0, size: "any" },
    },
  ];
}
