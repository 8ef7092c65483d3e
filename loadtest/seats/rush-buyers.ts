import { type HttpConnection, openHttp } from "../bench/http-connection.ts";
import { bestSeatsAnywhere } from "./booking-body.ts";
import { signedBuyers } from "./buyers.ts";
import type { PlannedEvent } from "./event-plan.ts";

/** What one buyer was answered; `seats` as `SECTION SEAT`. */
export type Bought = {
  readonly outcome: "booked" | "sold_out" | "odd";
  readonly quantity: number;
  readonly seats: readonly string[];
  /** Of a refusal: how many it says are free. */
  readonly free: number;
  readonly tookMs: number;
  readonly atMs: number;
};

export type RushOptions = { readonly buyers: number; readonly connections: number };

const mostPerBuyer = 4;

/** Each buyer comes once, with a token and a pass of the own; so many at a time. */
export async function rush(port: number, event: PlannedEvent, options: RushOptions): Promise<Bought[]> {
  const buyers = signedBuyers(event.eventId, options.buyers);
  const connections = await Promise.all(Array.from({ length: options.connections }, () => openHttp(port)));
  const answers: Bought[] = [];
  const startedMs = performance.now();
  let next = 0;
  const oneAfterTheOther = async (connection: HttpConnection) => {
    while (next < buyers.length) {
      const index = next;
      next += 1;
      const headers = { ...buyers[index], "idempotency-key": `the-rush-${index}` };
      answers.push(await buy(connection, event, { headers, startedMs }));
    }
  };
  await Promise.all(connections.map(oneAfterTheOther));
  for (const connection of connections) connection.close();
  return answers;
}

type Asked = {
  readonly headers: Readonly<Record<string, string>>;
  readonly startedMs: number;
};

async function buy(
  connection: HttpConnection,
  event: PlannedEvent,
  { headers, startedMs }: Asked,
): Promise<Bought> {
  const quantity = 1 + Math.floor(Math.random() * mostPerBuyer);
  const wish = bestSeatsAnywhere(quantity);
  const askedMs = performance.now();
  const { status, body } = await connection.post(`/v1/events/${event.eventId}/bookings`, headers, wish);
  const nowMs = performance.now();
  const times = { tookMs: nowMs - askedMs, atMs: nowMs - startedMs };
  return { quantity, ...times, ...readAnswer(status, body) };
}

type Booked = { readonly seats: readonly { readonly sectionId: string; readonly seatNumber: number }[] };

function readAnswer(status: number, body: string): Pick<Bought, "outcome" | "seats" | "free"> {
  if (status === 201) {
    const { seats } = JSON.parse(body) as Booked;
    const names = seats.map((seat) => `${seat.sectionId} ${seat.seatNumber}`);
    return { outcome: "booked", seats: names, free: 0 };
  }
  const problem = JSON.parse(body) as { code?: string; free?: number };
  if (problem.code === "sold_out") return { outcome: "sold_out", seats: [], free: problem.free ?? 0 };
  return { outcome: "odd", seats: [], free: 0 };
}
