import type { EventId } from "../foundation/ids.ts";
import type { Presence } from "./presence.ts";
import type { RoomsOfEvents } from "./room.ts";
import { identityOf, visitor } from "./test-room.ts";

export type CrowdParts = {
  readonly rooms: RoomsOfEvents;
  readonly eventId: EventId;
  readonly presence: Pick<Presence, "enter" | "exit">;
  /** From 0 to 1. */
  readonly random: () => number;
  /** So many wait at every time, those included who are away. */
  readonly waiting: number;
};

type Person = {
  readonly name: string;
  readonly number: number;
  isHere: boolean;
  where: "waiting" | "turn" | "gone";
};

/**
 * People of a busy on-sale: of those who wait 40% are away at every time, they come and go; one turn of twenty is
 * never taken up; who is inside stays 30 to 180 s. Time is what the caller says.
 */
export type Crowd = {
  /** Does what is due. */
  advance(nowMs: number, servedUpTo: number): Promise<void>;
  /** Their turns have come. */
  offer(identities: readonly string[]): void;
  readonly counts: { joined: number; admitted: number; left: number; away: number; waiting: number };
};

const seconds = 1_000;
const tickMs = 200;

export function createCrowd({ rooms, eventId, presence, random, waiting }: CrowdParts): Crowd {
  const people = new Map<string, Person>();
  const agenda = new Map<number, (() => Promise<void>)[]>();
  const counts = { joined: 0, admitted: 0, left: 0, away: 0, waiting: 0 };
  let [nowMs, doneUpTo, served] = [0, 0, 0];

  function after(delayMs: number, action: () => Promise<void>): void {
    const tick = Math.max(doneUpTo + 1, Math.ceil((nowMs + delayMs) / tickMs));
    agenda.set(tick, [...(agenda.get(tick) ?? []), action]);
  }

  async function join(): Promise<void> {
    counts.joined += 1;
    const name = `person-${counts.joined}`;
    const joined = await rooms.join(eventId, visitor(name));
    if (joined.outcome !== "joined" || joined.standing.outcome !== "waiting")
      throw new Error(`${name} cannot wait`);
    const person: Person = { name, number: joined.standing.number, isHere: random() < 0.4, where: "waiting" };
    people.set(identityOf(name), person);
    // As one who is here goes away, and the other way round.
    if (person.isHere) presence.enter(0, person.number);
    else counts.away += 1;
    await comeOrGo(person);
  }

  /** 30 s here and 20 s away, on the average. */
  async function comeOrGo(person: Person): Promise<void> {
    if (person.where !== "waiting") return;
    if (person.isHere) goAway(person);
    else await comeBack(person);
    after(2 * random() * (person.isHere ? 30 : 20) * seconds, () => comeOrGo(person));
  }

  function goAway(person: Person): void {
    person.isHere = false;
    counts.away += 1;
    presence.exit(0, person.number, nowMs);
  }

  async function comeBack(person: Person): Promise<void> {
    person.isHere = true;
    counts.away -= 1;
    presence.enter(0, person.number);
    if (person.number <= served) await rooms.standing(eventId, visitor(person.name));
  }

  async function take(person: Person): Promise<void> {
    const isFirst = counts.admitted < 500;
    const taken = await rooms.takeTurn(eventId, visitor(person.name));
    if (taken.outcome !== "admitted") return end(person);
    counts.admitted += 1;
    const stayMs = (30 + 150 * random()) * seconds;
    // The first ones came before, as it were: otherwise none of them would leave for half a minute.
    after(isFirst ? stayMs * random() : stayMs, () => leave(person));
  }

  async function leave(person: Person): Promise<void> {
    await rooms.leave(eventId, visitor(person.name));
    counts.left += 1;
    end(person);
  }

  function end(person: Person): void {
    person.where = "gone";
    presence.exit(0, person.number, nowMs);
    people.delete(identityOf(person.name));
  }

  async function replenish(): Promise<void> {
    const missing = Math.min(500, waiting - counts.waiting);
    if (missing <= 0) return;
    counts.waiting += missing;
    await Promise.all(Array.from({ length: missing }, join));
  }

  return {
    counts,
    async advance(atMs, servedUpTo) {
      served = servedUpTo;
      if (doneUpTo === 0) doneUpTo = Math.floor(atMs / tickMs);
      while (doneUpTo < Math.floor(atMs / tickMs)) {
        doneUpTo += 1;
        nowMs = doneUpTo * tickMs;
        const due = agenda.get(doneUpTo) ?? [];
        agenda.delete(doneUpTo);
        await Promise.all(due.map((action) => action()));
      }
      nowMs = atMs;
      await replenish();
    },
    offer(identities) {
      for (const identity of identities) {
        const person = people.get(identity);
        if (person === undefined || person.where !== "waiting") continue;
        person.where = "turn";
        counts.waiting -= 1;
        if (!person.isHere) counts.away -= 1;
        if (!person.isHere || random() < 0.05) end(person);
        else after(8 * random() * seconds, () => take(person));
      }
    },
  };
}

/** The same numbers for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
