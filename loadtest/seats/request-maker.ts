import { randomUUID } from "node:crypto";
import type { Request } from "../measure.ts";
import { bestSeats } from "./booking-body.ts";
import type { BuyerHeaders } from "./buyers.ts";
import type { PlannedEvent } from "./event-plan.ts";

/** Over all sections in turns, or everybody in one section, and in the next once nearly all of it is sold. */
export type Load = "spread" | "one section";

export const seatsEach = 2;
/** Of a section's seats, before the crowd moves on: nobody is to be refused while it is measured. */
const shareSold = 0.96;

/** Requests for two seats each, made of texts that are ready: the generator shares the cores with what it measures. */
export function requestMaker(
  event: PlannedEvent,
  load: Load,
  buyers: readonly BuyerHeaders[],
  bodies = event.sectionIds.map((sectionId) => bestSeats(sectionId, seatsEach)),
): () => Request {
  const path = `/v1/events/${event.eventId}/bookings`;
  const inTurn = load === "spread" ? 1 : Math.floor((event.seatsPerSection * shareSold) / seatsEach);
  const run = randomUUID();
  let count = 0;
  return () => {
    count += 1;
    const key = { "content-type": "application/json", "idempotency-key": `${run}-${count}` };
    const body = bodies[Math.floor(count / inTurn) % bodies.length] ?? "";
    return { path, headers: { ...key, ...buyers[count % buyers.length] }, body };
  };
}
