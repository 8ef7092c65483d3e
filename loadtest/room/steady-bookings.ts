import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { loadConfig } from "../../foundation/config.ts";
import { type BuyerId, type EventId, identityFrom, uuidSource } from "../../foundation/ids.ts";
import { createTokens } from "../../foundation/tokens.ts";

export type SteadyBookings = { readonly booked: number; readonly p50Ms: number; readonly p99Ms: number };

type Shop = { readonly port: number; readonly eventId: EventId; readonly sectionId: string };
type Answered = { readonly status: number; readonly tookMs: number };

const buyersInside = 50;
const tokenMs = 3_600_000;
const answerWithinMs = 15_000;

/** Buyers who are inside book at a fixed rate, whatever the answers take; a time counts from when it was due. */
export async function bookSteadily(
  shop: Shop,
  plan: { readonly perSecond: number; readonly seconds: number },
): Promise<SteadyBookings> {
  const agent = new Agent({ keepAlive: true, maxSockets: buyersInside });
  const buyers = Array.from({ length: buyersInside }, () => headersOf(shop.eventId));
  const startedMs = performance.now();
  const answers: Promise<Answered>[] = [];
  for (let count = 0; count < plan.perSecond * plan.seconds; count += 1) {
    const dueMs = startedMs + (count * 1_000) / plan.perSecond;
    const earlyMs = dueMs - performance.now();
    if (earlyMs > 0) await pause(earlyMs);
    answers.push(book(shop, agent, dueMs, buyers[count % buyersInside] ?? {}));
  }
  const answered = await Promise.all(answers);
  agent.destroy();
  return summaryOf(answered);
}

function summaryOf(answered: readonly Answered[]): SteadyBookings {
  const refused = answered.find(({ status }) => status !== 201);
  if (refused !== undefined) throw new Error(`a booking was answered ${refused.status}`);
  const times = answered.map(({ tookMs }) => tookMs).sort((left, right) => left - right);
  const quantile = (share: number) => times[Math.floor(share * times.length)] ?? Number.NaN;
  return { booked: times.length, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

function book(shop: Shop, agent: Agent, dueMs: number, buyer: Record<string, string>): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const path = `/v1/events/${shop.eventId}/bookings`;
  const headers = { "content-type": "application/json", "idempotency-key": uuidSource.next(), ...buyer };
  const options = { agent, headers, path, port: shop.port, method: "POST", timeout: answerWithinMs };
  const sent = request(options, (answer) => {
    answer.resume();
    answer.once("end", () => resolve({ status: answer.statusCode ?? 0, tookMs: performance.now() - dueMs }));
  });
  sent.once("error", reject);
  sent.once("timeout", () => sent.destroy(new Error("a booking was not answered")));
  sent.end(JSON.stringify({ wishes: [{ mode: "best-available", sectionId: shop.sectionId, quantity: 1 }] }));
  return promise;
}

/** Signed as if the buyer had taken up a turn: the booking path believes the signature. */
function headersOf(eventId: EventId): Record<string, string> {
  const tokens = createTokens(loadConfig({}).TOKEN_SECRET);
  const endsAtMs = Date.now() + tokenMs;
  const buyerId = uuidSource.next<BuyerId>();
  const identity = identityFrom("guest", buyerId);
  const email = `${buyerId}@onsale.example`;
  const buyer = { buyerId, identity, email, guest: true, verified: false, role: "buyer" } as const;
  const place = { lane: "general", entry: 1, number: 1, joinedAtMs: 0 };
  const pass = { eventId, buyerId, identity, passNumber: 1, incarnation: 1, place };
  return {
    authorization: `Bearer ${tokens.sign("buyer", buyer, endsAtMs)}`,
    "onsale-pass": tokens.sign("pass", pass, endsAtMs),
  };
}
