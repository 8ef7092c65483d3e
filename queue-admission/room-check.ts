import { type EventId, identityChars } from "../foundation/ids.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { type Lane, parseLanes } from "./lanes.ts";
import { createLineReader } from "./line-reader.ts";

type Suspects = (readonly [key: string, sentence: string])[];

/** Turns and live passes of a room at one moment. */
export type ShopperCount = { readonly cap: number; readonly shoppers: number };

/** The places of a room as somebody sees them who holds its promises against them. */
export type PlacesSight = {
  readonly places: number;
  readonly lanes: readonly Lane[];
  /** What looks wrong inside Redis. */
  readonly suspects: Suspects;
};

type Moment = {
  readonly cap: number;
  readonly lanes: readonly Lane[];
  readonly turns: readonly string[];
  readonly inside: readonly string[];
};

/** Reads only, as all of this file does. Nothing where Redis does not have the room. */
export async function countShoppers(redis: Redis, eventId: EventId): Promise<ShopperCount | undefined> {
  const moment = await readMoment(redis, eventId);
  return moment && { cap: moment.cap, shoppers: moment.turns.length + moment.inside.length };
}

/** Looks at every place of the room. */
export async function checkPlaces(redis: Redis, eventId: EventId): Promise<PlacesSight | undefined> {
  const moment = await readMoment(redis, eventId);
  if (moment === undefined) return undefined;
  const { lanes, turns, inside } = moment;
  const { places, strayed } = await findStrayed(redis, eventId, new Set(inside));
  const suspects = [
    ...inBoth(turns, inside),
    ...(await withoutPlace(redis, eventId, [...turns, ...inside])),
    ...outOfOrder(lanes),
    ...strayed,
  ];
  return { places, lanes, suspects };
}

async function readMoment(redis: Redis, eventId: EventId): Promise<Moment | undefined> {
  const keys = roomKeys(eventId);
  const replies = await redis
    .multi()
    .hmget(keys.settings, "cap", "lanes", "laneNames")
    .zrange(keys.turns, 0, -1)
    .zrange(keys.inside, 0, -1)
    .exec();
  const [settings, turns, inside] = (replies ?? []).map(([error, reply]) => {
    if (error !== null) throw error;
    return reply as string[];
  });
  if (settings === undefined || turns === undefined || inside === undefined)
    throw new Error("the room could not be read");
  const [cap, lanesText, names = ""] = settings;
  if (!cap || !lanesText) return undefined;
  return { cap: Number(cap), lanes: parseLanes(lanesText, names), turns, inside };
}

function inBoth(turns: readonly string[], inside: readonly string[]): Suspects {
  const shoppers = new Set(inside);
  return turns
    .filter((identity) => shoppers.has(identity))
    .map((identity) => [`both ${identity}`, `${identity} has a turn and is inside`]);
}

async function withoutPlace(
  redis: Redis,
  eventId: EventId,
  identities: readonly string[],
): Promise<Suspects> {
  if (identities.length === 0) return [];
  const places = await redis.hmget(roomKeys(eventId).places, ...identities);
  return identities
    .filter((_, index) => places[index] === null)
    .map((identity) => [`placeless ${identity}`, `${identity} has a turn or a pass and no place`]);
}

function outOfOrder(lanes: readonly Lane[]): Suspects {
  return lanes
    .filter(({ last, reserved, served }) => served > last || last > reserved)
    .map(({ name, last, reserved, served }) => [
      `lane ${name}`,
      `lane ${name} has served up to ${served}, given up to ${last} and reserved up to ${reserved}`,
    ]);
}

/**
 * Two identities never have one number, nor one identity two: the line names one identity for each number, and
 * every place must be the one that the line names. Whoever is inside may have come back with a pass alone.
 */
async function findStrayed(redis: Redis, eventId: EventId, inside: ReadonlySet<string>) {
  const line = createLineReader(redis, eventId);
  const doubtful: string[] = [];
  const seen = { places: 0 };
  for await (const [identity, value] of scanPlaces(redis, eventId)) {
    seen.places += 1;
    if (!inside.has(identity) && !(await line.names(identity, value))) doubtful.push(identity);
  }
  const strayed: [string, string][] = [];
  for (const identity of doubtful) {
    // What was read of the line may be older than the place.
    const value = await redis.hget(roomKeys(eventId).places, identity);
    const isOwn = value === null || (await createLineReader(redis, eventId).names(identity, value));
    if (!isOwn)
      strayed.push([
        `strayed ${identity}`,
        `${identity} has the place ${value}, and the line has another there`,
      ]);
  }
  return { places: seen.places, strayed };
}

async function* scanPlaces(redis: Redis, eventId: EventId): AsyncGenerator<[string, string]> {
  let cursor = "0";
  do {
    const [next, found] = await redis.hscan(roomKeys(eventId).places, cursor, "COUNT", 1_000);
    cursor = next;
    for (let at = 0; at < found.length; at += 2) {
      const [identity = "", value = ""] = [found[at], found[at + 1]];
      if (identity.length !== identityChars)
        throw new Error(`a place of an identity that is none: ${identity}`);
      yield [identity, value];
    }
  } while (cursor !== "0");
}
