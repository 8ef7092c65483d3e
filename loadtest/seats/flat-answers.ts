import { join } from "node:path";
import { type HttpConnection, openHttp } from "../bench/http-connection.ts";
import { quantile } from "../bench/quantile.ts";
import type { Measurement } from "../bench/report.ts";
import type { Run } from "../bench/suite.ts";
import { bestSeatsAnywhere } from "./booking-body.ts";
import { type BuyerHeaders, signedBuyers } from "./buyers.ts";
import type { PlannedEvent } from "./event-plan.ts";
import { startShop } from "./shop.ts";

const seatsPerSection = { rows: 5, seatsPerRow: 50 };

type Timed = {
  readonly event: PlannedEvent;
  readonly buyers: readonly BuyerHeaders[];
  readonly tookMs: number[];
};

/** The whole way of a booking, one after the other, in a large event and in a small one in turns. */
export async function flatAnswers({ tiny, folder }: Run): Promise<Measurement[]> {
  const count = tiny ? 20 : 600;
  const plans = [
    { sections: 400, ...seatsPerSection },
    { sections: 4, ...seatsPerSection },
  ];
  const shop = await startShop(join(folder, "flat-answers"), plans);
  const connection = await openHttp(shop.port);
  try {
    const [large, small] = shop.events.map((event) => timedOf(event, count));
    if (large === undefined || small === undefined) throw new Error("there are too few events");
    for (let index = 0; index < count; index += 1)
      for (const timed of [large, small]) await bookOne(connection, timed, index);
    return [figure(large.tookMs.slice(count / 4), small.tookMs.slice(count / 4))];
  } finally {
    connection.close();
    await shop.stop();
  }
}

function timedOf(event: PlannedEvent, count: number): Timed {
  return { event, buyers: signedBuyers(event.eventId, count), tookMs: [] };
}

async function bookOne(
  connection: HttpConnection,
  { event, buyers, tookMs }: Timed,
  index: number,
): Promise<void> {
  const headers = { ...buyers[index], "idempotency-key": `flat-answers-${index}` };
  const startedMs = performance.now();
  const path = `/v1/events/${event.eventId}/bookings`;
  const { status } = await connection.post(path, headers, bestSeatsAnywhere(1));
  tookMs.push(performance.now() - startedMs);
  if (status !== 201) throw new Error(`a booking was answered ${status}`);
}

function figure(large: readonly number[], small: readonly number[]): Measurement {
  return {
    ...{
      name: "booking p50 over HTTP in an event of 100,000 seats",
      value: quantile(large, 0.5),
      unit: "ms",
    },
    limit: { name: "one of 1,000", value: quantile(small, 0.5) },
    bar: { of: "ratio", sign: "≤", at: 1.3, size: "full" },
  };
}
