import { type EventId, identityFrom, uuidV7 } from "../foundation/ids.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { createTokens, type Tokens } from "../foundation/tokens.ts";
import { createPresence, type Presence } from "./presence.ts";
import type { RoomsOfEvents } from "./room.ts";
import { createRoomControl, type RoomBefore, type RoomControl } from "./room-control.ts";
import { type StepOrders, type StepReply, stepRoom, takeLease } from "./room-lease.ts";
import { defaultRoom, type RoomSettings } from "./room-settings.ts";
import { createRooms } from "./rooms.ts";

/**
 * A room of its own for each test, whose time stands still until the test moves it. It is not in the list of
 * rooms, so that no driver of another test steps it.
 */
export type TestRoom = {
  readonly eventId: EventId;
  readonly rooms: RoomsOfEvents;
  readonly control: RoomControl;
  readonly tokens: Tokens;
  readonly clock: { nowMs: number; now(): number };
  /** Who is here; whoever joins by `join` is, until the test says otherwise. */
  readonly presence: Presence;
  configure(changes: Partial<RoomSettings>, before?: RoomBefore): Promise<void>;
  join(...names: string[]): Promise<void>;
  /** Says who is here, as a gateway does; the watermarks are read where they are not given. */
  report(served?: readonly number[]): Promise<void>;
  /** Lets time pass, says who is here, and moves the room on by one step. */
  step(elapsedMs?: number, orders?: Partial<StepOrders>): Promise<StepReply>;
  /** Who has a turn and who is inside, read at one moment. */
  occupied(): Promise<{ turns: string[]; inside: string[]; count: number }>;
};

export const openSettings: RoomSettings = {
  ...defaultRoom,
  cap: 10,
  ratePerMinute: 60_000,
  leastPerMinute: 1,
  turnWindowMs: 10_000,
  passMs: 60_000,
  draw: false,
};

const names = new Map<string, string>();

export function identityOf(name: string): string {
  const identity = identityFrom("test", name);
  names.set(identity, name);
  return identity;
}

export function visitor(name: string) {
  return { identity: identityOf(name), buyerId: `buyer-of-${name}` };
}

export async function openTestRoom(redis: Redis, settings: Partial<RoomSettings> = {}): Promise<TestRoom> {
  const eventId = uuidV7(Date.now()) as EventId;
  // A whole second, so that the seconds that scripts keep do not depend on when the test runs.
  const started = Math.floor(Date.now() / 1_000) * 1_000;
  const clock = { nowMs: started, now: () => clock.nowMs };
  const tokens = createTokens("a secret of the tests, long enough to sign");
  const rooms = createRooms({ redis, clock, tokens });
  const control = createRoomControl({ redis: withoutList(redis), clock });
  const presence = createPresence({ window: 16_380, below: 2_000 });
  const configure = async (changes: Partial<RoomSettings>, before?: RoomBefore) => {
    await control.configure(eventId, { ...openSettings, ...settings, ...changes }, before);
  };
  const report = async (served?: readonly number[]) => {
    const described = presence.describe(served ?? (await readServed(redis, eventId)), clock.nowMs);
    const text = `${clock.nowMs + 60_000}\n${presence.size()}\n${described}\n`;
    await redis.hset(roomKeys(eventId).reports, "gateway-of-the-test", text);
  };
  await configure({});
  return {
    eventId,
    rooms,
    control,
    tokens,
    clock,
    presence,
    configure,
    async join(...names) {
      for (const name of names) {
        const joined = await rooms.join(eventId, visitor(name));
        if (joined.outcome === "joined" && joined.standing.outcome === "waiting")
          presence.enter(0, joined.standing.number);
      }
    },
    report,
    async step(elapsedMs = 250, orders = {}) {
      clock.nowMs += elapsedMs;
      await report();
      return stepOnce(redis, eventId, clock, orders);
    },
    occupied: () => readOccupied(redis, eventId),
  };
}

/** The list of rooms is not written. */
function withoutList(redis: Redis): Redis {
  return new Proxy(redis, {
    get: (target, name) => (name === "sadd" ? async () => 0 : Reflect.get(target, name, target)),
  });
}

async function readServed(redis: Redis, eventId: EventId): Promise<number[]> {
  const lanes = (await redis.hget(roomKeys(eventId).settings, "lanes")) ?? "";
  return lanes.split(";").map((lane) => Number(lane.split(" ")[2]));
}

async function stepOnce(
  redis: Redis,
  eventId: EventId,
  clock: TestRoom["clock"],
  orders: Partial<StepOrders>,
): Promise<StepReply> {
  const holder = { redis, clock, driverId: "driver-of-the-test" };
  const fence = await takeLease(holder, eventId);
  if (fence === undefined) throw new Error("another driver has the lease of the test's room");
  const config = JSON.parse((await redis.hget(roomKeys(eventId).settings, "config")) ?? "{}") as RoomSettings;
  return stepRoom(holder, eventId, fence, {
    ratePerMinute: config.ratePerMinute,
    freeSeats: undefined,
    soldOut: false,
    reserve: [],
    about: "",
    ...orders,
  });
}

async function readOccupied(redis: Redis, eventId: EventId) {
  const keys = roomKeys(eventId);
  const replies = await redis.multi().zrange(keys.turns, 0, -1).zrange(keys.inside, 0, -1).exec();
  const [turns, inside] = (replies ?? []).map(([, members]) => members as string[]);
  if (turns === undefined || inside === undefined) throw new Error("the room could not be read");
  const named = (identities: string[]) => identities.map((identity) => names.get(identity) ?? identity);
  return { turns: named(turns), inside: named(inside), count: turns.length + inside.length };
}
