import { join } from "node:path";
import type { Part } from "../bench/suite.ts";
import { bookingFigures, type Rounds } from "./booking-figures.ts";
import {
  type Choices,
  type Contender,
  contend,
  contendersOf,
  eventsToTry,
  loads,
  type Settings,
  type Stand,
  tune,
} from "./contenders.ts";
import { createRowsDatabase } from "./contest.ts";
import type { PlannedEvent } from "./event-plan.ts";
import type { Load } from "./request-maker.ts";
import { startShop } from "./shop.ts";
import { addTime, shopTime } from "./shop-time.ts";

type Sizes = {
  readonly rounds: number;
  readonly seconds: number;
  readonly buyers: number;
  readonly choices: Choices;
  readonly plan: { readonly sections: number; readonly rows: number; readonly seatsPerRow: number };
};

/** Each token books about once: a gateway that remembers tokens gains nothing. */
const full: Sizes = {
  ...{ rounds: 7, seconds: 3, buyers: 30_000 },
  choices: { clients: [400, 800], pools: [8, 16, 32], seconds: 1.5 },
  plan: { sections: 50, rows: 100, seatsPerRow: 50 },
};
const small: Sizes = {
  ...{ rounds: 1, seconds: 0.3, buyers: 500 },
  choices: { clients: [50], pools: [16], seconds: 0 },
  plan: { sections: 20, rows: 50, seatsPerRow: 50 },
};

/**
 * Durable bookings over HTTP, beside a bare server and beside a version that sells from Postgres rows: in turns of a few
 * seconds, so that what else the machine does falls on all of them.
 */
export const bookingsPart: Part = {
  name: "bookings",
  async measure({ tiny, folder, say }) {
    const { choices, rounds: count, seconds, buyers, plan } = tiny ? small : full;
    const tried = eventsToTry(choices);
    const plans = Array.from({ length: tried + count * loads.length }, () => plan);
    const shop = await startShop(join(folder, "bookings"), plans, "gateway");
    try {
      const stand = { shop, rowsUrl: await createRowsDatabase(shop), buyers, say };
      const settings = await tune(stand, choices, shop.events);
      const rounds: Rounds = emptyRounds();
      const fresh = shop.events.slice(tried).values();
      for (let round = 0; round < count; round += 1)
        for (const load of loads)
          await holdContest(stand, settings, { load, seconds, event: next(fresh) }, rounds);
      return bookingFigures(rounds);
    } finally {
      await shop.stop();
    }
  },
};

function emptyRounds(): Rounds {
  return { measured: new Map(), time: { gateway: 0, postgres: 0, redis: 0, generator: 0 } };
}

function next(events: Iterator<PlannedEvent>): PlannedEvent {
  const { value, done } = events.next();
  if (done === true) throw new Error("there are too few events");
  return value;
}

type Contest = { readonly load: Load; readonly seconds: number; readonly event: PlannedEvent };

async function holdContest(
  stand: Stand,
  settings: Settings,
  { load, seconds, event }: Contest,
  rounds: Rounds,
): Promise<void> {
  const hold = async (contender: Contender) => {
    const name = contender === "bare" ? contender : `${contender} ${load}`;
    const setting = settings.get(`${contender} ${load}`);
    if (setting === undefined) throw new Error(`${name} was not tuned`);
    const measured = await contend(stand, contender, event, { ...setting, load, seconds });
    rounds.measured.set(name, [...(rounds.measured.get(name) ?? []), measured]);
    const { perSecond, refused, errors } = measured;
    stand.say(`${name}: ${Math.round(perSecond)}/s, ${refused} refused, ${errors} errors`);
  };
  for (const contender of contendersOf(load)) {
    const before = shopTime(stand.shop);
    await hold(contender);
    const isCounted = contender === "ours" && load === "spread";
    if (isCounted) rounds.time = addTime(rounds.time, before, shopTime(stand.shop));
  }
}
