import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { type Admitted, enter, insist, insistInside, openSession, type Shopping } from "./admission.ts";
import type { Answered } from "./answers.ts";
import { ask, sendHalf } from "./client.ts";
import type { ToldBooking } from "./records.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { bodyOf, drawWishes, seatsOf, type Wish } from "./wish.ts";

/** How one request for seats is made; all drawn from the seed before it is sent. */
type Manner = "plain" | "twice at once" | "repeated" | "cut" | "half sent";
/** What becomes of the booking. */
type Ending = "paid" | "paid with copies" | "paid late" | "declined" | "abandoned" | "started twice";

const manners: readonly Manner[] = ["plain", "plain", "twice at once", "repeated", "cut", "half sent"];
const endings: readonly Ending[] = [
  "paid",
  "paid",
  "paid with copies",
  "paid late",
  "declined",
  "abandoned",
  "abandoned",
  "started twice",
];

/** One after the other, buyers who come in, book a few times and go, until the shop closes. */
export async function shopUntilClosed(
  shopping: Shopping,
  events: readonly OnsaleEvent[],
  random: SeededRandom,
  closesAtMs: number,
): Promise<void> {
  const later: Promise<unknown>[] = [];
  while (Date.now() < closesAtMs) {
    const event = random.pick(events);
    const token = await openSession(shopping, `${randomUUID()}@onsale.example`);
    if (token === undefined) break;
    for (let left = random.between(1, 4); left > 0 && Date.now() < closesAtMs; left -= 1) {
      const admitted = await enter(shopping, event.id, token);
      if (admitted === undefined) break;
      later.push(...(await bookOnce(shopping, event, admitted, random)));
      await pause(random.between(20, 400));
    }
    await insist(shopping, "leave", `/v1/events/${event.id}/places/mine`, { method: "DELETE", token });
  }
  await Promise.all(later);
}

/** Gives what goes on while the buyer shops on: paying, and late repetitions. */
async function bookOnce(
  shopping: Shopping,
  event: OnsaleEvent,
  admitted: Admitted,
  random: SeededRandom,
): Promise<Promise<unknown>[]> {
  const wishes = drawWishes(random, event);
  const request = { event, admitted, wishes, key: randomUUID() };
  const manner = random.pick(manners);
  const ending = random.pick(endings);
  const cutAfterMs = random.between(0, 40);
  const lateMs = random.between(500, 12_000);
  const told = await bookInManner(shopping, request, manner, cutAfterMs);
  const repeated = manner === "repeated" ? [pause(lateMs).then(() => bookKey(shopping, request))] : [];
  return told === undefined ? repeated : [...repeated, endBooking(shopping, event, told, ending, random)];
}

type Request = {
  readonly event: OnsaleEvent;
  readonly admitted: Admitted;
  readonly wishes: readonly Wish[];
  readonly key: string;
};

async function bookInManner(
  shopping: Shopping,
  request: Request,
  manner: Manner,
  cutAfterMs: number,
): Promise<ToldBooking | undefined> {
  const { event, admitted, wishes, key } = request;
  const url = () => `${shopping.gateway()}/v1/events/${event.id}/bookings`;
  const asked = { ...admitted, key, body: bodyOf(wishes) };
  if (manner === "cut") await ask(shopping.records, "book", url(), { ...asked, cutAfterMs });
  if (manner === "half sent") await sendHalf(url(), asked);
  if (manner !== "twice at once") return bookKey(shopping, request);
  const [first, second] = await Promise.all([bookKey(shopping, request), bookKey(shopping, request)]);
  return first ?? second;
}

/** Until the key has an answer. */
async function bookKey(shopping: Shopping, request: Request): Promise<ToldBooking | undefined> {
  const { event, admitted, wishes, key } = request;
  return note(
    shopping,
    request,
    await insistInside(shopping, event.id, admitted, { key, body: bodyOf(wishes) }),
  );
}

function note(shopping: Shopping, request: Request, answered: Answered | undefined): ToldBooking | undefined {
  const { event, admitted, wishes, key } = request;
  if (answered === undefined || answered.status >= 400) return undefined;
  const { id = "" } = answered.body;
  const seats = seatsOf(answered.body);
  return shopping.records.tell({
    id,
    key,
    eventId: event.id,
    token: admitted.token,
    wishes,
    seats,
    approved: false,
    cancelled: false,
  });
}

async function endBooking(
  shopping: Shopping,
  event: OnsaleEvent,
  told: ToldBooking,
  ending: Ending,
  random: SeededRandom,
): Promise<void> {
  if (ending === "abandoned") return;
  const delayMs = random.between(0, 3_000);
  const path = `/v1/bookings/${told.id}/payments`;
  const start = () => insist(shopping, "pay", path, { method: "POST", token: told.token, key: randomUUID() });
  const [payment] = await Promise.all([start(), ...(ending === "started twice" ? [start()] : [])]);
  const payUrl = payment?.body.payUrl;
  if (typeof payUrl !== "string") return;
  if (ending === "paid late") await pause(event.paymentWindowMs + random.between(-500, 1_500));
  const copies = ending === "paid with copies" ? 4 : 1;
  await decide(payUrl, ending === "declined" ? "decline" : "approve", { copies, delayMs });
  if (ending !== "declined") told.approved = true;
}

/** As the buyer at the provider's page. */
async function decide(
  payUrl: string,
  decision: "approve" | "decline",
  { copies, delayMs }: { copies: number; delayMs: number },
): Promise<void> {
  const headers = { "sandbox-webhook-copies": `${copies}`, "sandbox-webhook-delay-ms": `${delayMs}` };
  const answer = await fetch(`${payUrl}/${decision}`, { method: "POST", redirect: "manual", headers });
  if (answer.status !== 303) throw new Error(`the payment page answered ${answer.status}`);
}
