import type { RoomSettings, Standing, TurnOutcome, Visitor } from "./room.ts";
import { positionOf } from "./standing.ts";

/** The room without Redis, for tests: what the scripts must do, told as plainly as possible. */
export type RoomModel = {
  settings: RoomSettings;
  nowMs: number;
  lastNumber: number;
  servedUpTo: number;
  flow: number;
  readonly places: Map<string, ModelPlace>;
};

type ModelPlace = {
  readonly number: number;
  readonly buyerId: string;
  where: "waiting" | "turn" | "inside";
  /** The end of the turn's window or of the pass; a waiting place has none. */
  endsAtMs: number;
};

export function createRoomModel(settings: RoomSettings): RoomModel {
  return { settings, nowMs: 0, lastNumber: 0, servedUpTo: 0, flow: 0, places: new Map() };
}

export function modelJoin(
  room: RoomModel,
  visitor: Visitor,
  nowMs: number,
): Standing["outcome"] | "room_closed" {
  const standing = modelStanding(room, visitor, nowMs);
  if (standing.outcome !== "place_missing") return standing.outcome;
  room.places.delete(visitor.identity);
  if (room.settings.state === "scheduled" || room.settings.state === "closed") return "room_closed";
  room.lastNumber += 1;
  const place = { number: room.lastNumber, buyerId: visitor.buyerId, endsAtMs: Number.POSITIVE_INFINITY };
  room.places.set(visitor.identity, { ...place, where: "waiting" });
  return "waiting";
}

export function modelStanding(room: RoomModel, visitor: Visitor, nowMs: number): Standing {
  const place = room.places.get(visitor.identity);
  if (place === undefined || place.endsAtMs <= Math.max(nowMs, room.nowMs))
    return { outcome: "place_missing" };
  if (place.buyerId !== visitor.buyerId) return { outcome: "place_elsewhere" };
  const { number, where, endsAtMs } = place;
  if (where === "turn") return { outcome: "turn", number, deadlineMs: endsAtMs };
  if (where === "inside") return { outcome: "inside", number, passEndsAtMs: endsAtMs };
  const position = positionOf(number, room.servedUpTo);
  return { outcome: "waiting", number, position, state: room.settings.state };
}

export function modelTakeTurn(
  room: RoomModel,
  visitor: Visitor,
  nowMs: number,
): { outcome: TurnOutcome["outcome"]; endsAtMs?: number } {
  const standing = modelStanding(room, visitor, nowMs);
  if (standing.outcome === "waiting") return { outcome: "turn_missing" };
  if (standing.outcome === "inside") return { outcome: "admitted", endsAtMs: standing.passEndsAtMs };
  if (standing.outcome !== "turn") return standing;
  const place = room.places.get(visitor.identity) as ModelPlace;
  place.where = "inside";
  place.endsAtMs = Math.max(nowMs, room.nowMs) + room.settings.passMs;
  return { outcome: "admitted", endsAtMs: place.endsAtMs };
}

export function modelLeave(room: RoomModel, visitor: Visitor): void {
  if (room.places.get(visitor.identity)?.buyerId === visitor.buyerId) room.places.delete(visitor.identity);
}

export function modelStep(room: RoomModel, nowMs: number, flowMs: number): void {
  const elapsedMs = Math.max(0, nowMs - room.nowMs);
  room.nowMs += elapsedMs;
  for (const [identity, place] of room.places) if (place.endsAtMs <= room.nowMs) room.places.delete(identity);
  room.flow = nextFlow(room, Math.min(elapsedMs, flowMs));
  const offered = waitingPlaces(room).slice(0, slotsToOffer(room));
  for (const place of offered) {
    place.where = "turn";
    place.endsAtMs = room.nowMs + room.settings.turnWindowMs;
  }
  room.flow -= offered.length;
  const first = waitingPlaces(room)[0];
  room.servedUpTo = Math.max(room.servedUpTo, first === undefined ? room.lastNumber : first.number - 1);
}

export function modelOccupied(room: RoomModel): number {
  return [...room.places.values()].filter((place) => place.where !== "waiting").length;
}

function nextFlow(room: RoomModel, elapsedMs: number): number {
  if (room.settings.state !== "open") return 0;
  return Math.min(room.flow, 1) + (elapsedMs * room.settings.ratePerMinute) / 60_000;
}

function slotsToOffer(room: RoomModel): number {
  if (room.settings.state !== "open") return 0;
  return Math.max(0, Math.min(room.settings.cap - modelOccupied(room), Math.floor(room.flow)));
}

/** Places get their numbers in the order in which the map keeps them. */
function waitingPlaces(room: RoomModel): ModelPlace[] {
  return [...room.places.values()].filter((place) => place.where === "waiting");
}
