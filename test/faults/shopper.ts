import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { type Admitted, enter, insist, insistInside, openSession, type Shopping } from "./admission.ts";
import type { Answered } from "./answers.ts";
import { ask, sendHalf } from "./client.ts";
import { endBooking, endings } from "./endings.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { givenBack, seatsOf, type ToldBooking } from "./told-booking.ts";
import { bodyOf, drawWishes, type Wish } from "./wish.ts";

/** How one request for seats is made; all drawn from the seed before it is sent. */
type Manner = "plain" | "twice at once" | "repeated" | "cut" | "half sent";

const manners: readonly Manner[] = ["plain", "plain", "twice at once", "repeated", "cut", "half sent"];
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
  const known = shopping.records.ofKey(key);
  const before = known === undefined ? [] : givenBack(known);
  const asked = { key, body: bodyOf(wishes) };
  return note(shopping, request, before, await insistInside(shopping, event.id, admitted, asked));
}

function note(
  shopping: Shopping,
  request: Request,
  before: readonly number[],
  answered: Answered | undefined,
): ToldBooking | undefined {
  const { event, admitted, wishes, key } = request;
  if (answered === undefined || answered.status >= 400) return undefined;
  const { id = "", deadline = "" } = answered.body;
  const told: ToldBooking = {
    ...{ id, key, eventId: event.id, token: admitted.token, wishes, seats: seatsOf(answered.body) },
    ...{ approved: false, cancelled: "no", putOff: "no", deadlineMs: Date.parse(deadline) },
    givenBack: new Map(),
  };
  return shopping.records.tell(told, before);
}
