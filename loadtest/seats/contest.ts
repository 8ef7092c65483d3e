import { createPool } from "../../foundation/postgres/pool.ts";
import { measureBare } from "../baselines/bare-server.ts";
import type { Locking } from "../baselines/postgres-seats/book.ts";
import { measurePostgresSeats } from "../baselines/postgres-seats/measure.ts";
import { createSeats } from "../baselines/postgres-seats/schema.ts";
import { type LoadOptions, type Measured, measure } from "../measure.ts";
import { type BuyerHeaders, signedBuyers } from "./buyers.ts";
import type { PlannedEvent } from "./event-plan.ts";
import { type Load, requestMaker, seatsEach } from "./request-maker.ts";
import type { Shop } from "./shop.ts";

/** One event's worth of requests, the same for each that is measured. */
export type Contest = {
  readonly event: PlannedEvent;
  readonly load: Load;
  readonly buyers: readonly BuyerHeaders[];
  readonly options: LoadOptions;
};

/** The version that sells from rows: how it locks, and how many connections it has. */
export type Rows = { readonly locking: Locking; readonly connections: number };

export function contestOf(event: PlannedEvent, load: Load, buyers: number, options: LoadOptions): Contest {
  return { event, load, buyers: signedBuyers(event.eventId, buyers), options };
}

export function contendOurs({ url }: Shop, { event, load, buyers, options }: Contest): Promise<Measured> {
  return measure(url, options, requestMaker(event, load, buyers));
}

export function contendBare({ event, load, buyers, options }: Contest): Promise<Measured> {
  return measureBare(options, requestMaker(event, load, buyers));
}

/** On the same Postgres server, with all seats free again. */
export async function contendRows(
  databaseUrl: string,
  rows: Rows,
  { event, load, buyers, options }: Contest,
): Promise<Measured> {
  const { eventId, sectionIds, seatsPerSection } = event;
  await createSeats(databaseUrl, { eventId, sections: sectionIds.length, seatsPerSection });
  const bodies = sectionIds.map((_, index) => JSON.stringify({ sectionId: index + 1, quantity: seatsEach }));
  return measurePostgresSeats({ databaseUrl, ...rows }, options, requestMaker(event, load, buyers, bodies));
}

/** Gives its address. */
export async function createRowsDatabase({ databaseUrl }: Shop): Promise<string> {
  const pool = createPool(databaseUrl, 1);
  await pool.query("create database rows").finally(() => pool.end());
  return databaseUrl.replace(/\/[^/]*$/, "/rows");
}
