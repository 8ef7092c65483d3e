import { type BuyerId, type EventId, uuidV7 } from "../foundation/ids.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { createTokens, type Tokens } from "../foundation/tokens.ts";
import { roomConfigure } from "../lua/generated.ts";
import type { RoomSettings, RoomsOfEvents, Visitor } from "./room.ts";
import { type StepReply, stepRoom, takeLease } from "./room-lease.ts";
import { createRooms } from "./rooms.ts";

/**
 * A room of its own for each test, whose time stands still until the test moves it. It is not in the list of
 * rooms, so that no driver of another test steps it.
 */
export type TestRoom = {
  readonly eventId: EventId;
  readonly rooms: RoomsOfEvents;
  readonly tokens: Tokens;
  readonly clock: { nowMs: number; now(): number };
  configure(changes: Partial<RoomSettings>): Promise<unknown>;
  join(...names: string[]): Promise<void>;
  /** Lets time pass and moves the room on by one step. */
  step(elapsedMs?: number): Promise<StepReply>;
  /** Who has a turn and who is inside, read at one moment. */
  occupied(): Promise<{ turns: string[]; inside: string[]; count: number }>;
};

export const openSettings: RoomSettings = {
  state: "open",
  cap: 10,
  ratePerMinute: 60_000,
  turnWindowMs: 10_000,
  passMs: 60_000,
};

export function visitor(name: string): Visitor {
  return { identity: name, buyerId: `buyer-of-${name}` as BuyerId };
}

export async function openTestRoom(redis: Redis, settings: Partial<RoomSettings> = {}): Promise<TestRoom> {
  const eventId = uuidV7(Date.now()) as EventId;
  const started = Date.now();
  const clock = { nowMs: started, now: () => clock.nowMs };
  const tokens = createTokens("a secret of the tests, long enough to sign");
  const rooms = createRooms({ redis, clock, tokens });
  const configure = (changes: Partial<RoomSettings>) =>
    roomConfigure(redis, roomKeys(eventId), { ...openSettings, ...settings, ...changes });
  await configure({});
  return {
    eventId,
    rooms,
    tokens,
    clock,
    configure,
    async join(...names) {
      for (const name of names) await rooms.join(eventId, visitor(name));
    },
    async step(elapsedMs = 250) {
      clock.nowMs += elapsedMs;
      return stepOnce(redis, eventId, clock);
    },
    occupied: () => readOccupied(redis, eventId),
  };
}

async function stepOnce(redis: Redis, eventId: EventId, clock: TestRoom["clock"]): Promise<StepReply> {
  const holder = { redis, clock, driverId: "driver-of-the-test" };
  const fence = await takeLease(holder, eventId);
  if (fence === undefined) throw new Error("another driver has the lease of the test's room");
  return stepRoom(holder, eventId, fence);
}

async function readOccupied(redis: Redis, eventId: EventId) {
  const keys = roomKeys(eventId);
  const replies = await redis.multi().zrange(keys.turns, 0, -1).zrange(keys.inside, 0, -1).exec();
  const [turns, inside] = (replies ?? []).map(([, members]) => members as string[]);
  if (turns === undefined || inside === undefined) throw new Error("the room could not be read");
  return { turns, inside, count: turns.length + inside.length };
}
