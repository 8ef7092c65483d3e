import type { Clock } from "../foundation/clock.ts";
import type { EventId } from "../foundation/ids.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { openRoomsKey, roomKeys } from "../foundation/redis/keys.ts";
import type { Tokens } from "../foundation/tokens.ts";
import { roomConfigure, roomJoin, roomLeave, roomStanding, roomTakeTurn } from "../lua/generated.ts";
import type { JoinOutcome, RoomSettings, RoomsOfEvents, Standing, TurnOutcome, Visitor } from "./room.ts";
import { roomStateOf, standingOf } from "./standing.ts";

type RoomsParts = { readonly redis: Redis; readonly clock: Clock; readonly tokens: Tokens };

/** A receipt outlives every on-sale, and no room is run again under its event's id. */
const receiptMs = 30 * 24 * 60 * 60_000;

export function createRooms(parts: RoomsParts): RoomsOfEvents {
  return {
    configure: (eventId, settings) => configureRoom(parts, eventId, settings),
    join: (eventId, visitor) => joinRoom(parts, eventId, visitor),
    standing: (eventId, visitor) => findStanding(parts, eventId, visitor),
    takeTurn: (eventId, visitor) => takeTurn(parts, eventId, visitor),
    leave: async (eventId, { identity, buyerId }) => {
      await roomLeave(parts.redis, roomKeys(eventId), { identity, buyerId });
    },
  };
}

async function configureRoom({ redis }: RoomsParts, eventId: EventId, settings: RoomSettings): Promise<void> {
  assertSettings(settings);
  await roomConfigure(redis, roomKeys(eventId), settings);
  await redis.sadd(openRoomsKey, eventId);
}

function assertSettings({ cap, ratePerMinute, turnWindowMs, passMs }: RoomSettings): void {
  for (const [name, value] of Object.entries({ cap, ratePerMinute, turnWindowMs, passMs }))
    if (!Number.isSafeInteger(value) || value < 1) throw new Error(`a room's ${name} cannot be ${value}`);
}

async function joinRoom(parts: RoomsParts, eventId: EventId, visitor: Visitor): Promise<JoinOutcome> {
  const { identity, buyerId } = visitor;
  const nowMs = parts.clock.now();
  const reply = await roomJoin(parts.redis, roomKeys(eventId), { identity, buyerId, nowMs });
  if (reply[0] === "place_elsewhere") return { outcome: "place_elsewhere" };
  if (reply[0] === "room_closed") {
    return { outcome: "room_closed", state: reply[1] === "missing" ? "missing" : roomStateOf(reply[1]) };
  }
  const [where, number, mark, state, joinedAtMs, fresh] = reply;
  const claims = { eventId, identity, number, joinedAtMs };
  const receipt = parts.tokens.sign("receipt", claims, joinedAtMs + receiptMs);
  return {
    outcome: "joined",
    standing: standingOf([where, number, mark, state]),
    receipt,
    fresh: fresh === 1,
  };
}

async function findStanding(parts: RoomsParts, eventId: EventId, visitor: Visitor): Promise<Standing> {
  const { identity, buyerId } = visitor;
  const nowMs = parts.clock.now();
  const reply = await roomStanding(parts.redis, roomKeys(eventId), { identity, buyerId, nowMs });
  if (reply[0] === "place_missing" || reply[0] === "place_elsewhere") return { outcome: reply[0] };
  return standingOf(reply);
}

async function takeTurn(parts: RoomsParts, eventId: EventId, visitor: Visitor): Promise<TurnOutcome> {
  const { identity, buyerId } = visitor;
  const nowMs = parts.clock.now();
  const reply = await roomTakeTurn(parts.redis, roomKeys(eventId), { identity, buyerId, nowMs });
  if (reply[0] !== "admitted") return { outcome: reply[0] };
  const endsAtMs = reply[1];
  const pass = parts.tokens.sign("pass", { eventId, buyerId, identity }, endsAtMs);
  return { outcome: "admitted", pass, endsAtMs };
}
