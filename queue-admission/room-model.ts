import type { JoinOutcome, RenewOutcome, RoomState, Standing, TurnOutcome } from "./room.ts";
import type { RoomSettings } from "./room-settings.ts";

/** The room without Redis and without a draw, for tests: what the scripts must do, told as plainly as possible. */
export type RoomModel = {
  settings: RoomSettings;
  /** Of the last step. */
  nowMs: number;
  flow: number;
  passes: number;
  readonly lanes: ModelLane[];
  readonly places: Map<string, ModelPlace>;
  readonly codes: Map<string, { readonly lane: number; uses: number; readonly endsAtMs: number }>;
  /** Who is here: `lane:number`. */
  readonly here: Set<string>;
};

type ModelLane = { last: number; served: number; credit: number };

type ModelPlace = {
  readonly lane: number;
  readonly number: number;
  where: "waiting" | "back" | "lapsed" | "turn" | "inside";
  /** When its buyer joined, or asked after being stepped over; in whole seconds. */
  seenAtMs: number;
  /** The end of the turn's window or of the pass. */
  endsAtMs: number;
  renewals: number;
};

export function createRoomModel(settings: RoomSettings): RoomModel {
  const lanes = settings.lanes.map(() => ({ last: 0, served: 0, credit: 0 }));
  const counts = { nowMs: 0, flow: 0, passes: 0 };
  return { settings, ...counts, lanes, places: new Map(), codes: new Map(), here: new Set() };
}

function stateAt({ settings }: RoomModel, nowMs: number): RoomState {
  if (settings.closed) return "closed";
  if (nowMs < settings.lobbyAtMs) return "scheduled";
  if (nowMs < settings.opensAtMs) return "lobby";
  return settings.paused ? "paused" : "open";
}

const timeOf = (room: RoomModel, nowMs: number) => Math.max(room.nowMs, nowMs);

const wholeSecond = (time: number) => time - (time % 1_000);

type ModelJoin = JoinOutcome["outcome"] | Standing["outcome"];

export function modelJoin(
  room: RoomModel,
  identity: string,
  code: string | undefined,
  nowMs: number,
): ModelJoin {
  const time = timeOf(room, nowMs);
  const standing = stand(room, identity, time, true);
  if (standing !== "place_missing") return standing;
  const state = stateAt(room, time);
  if (state === "scheduled" || state === "closed") return "room_closed";
  const known = code === undefined ? undefined : room.codes.get(code);
  if (code !== undefined && (known === undefined || known.endsAtMs <= time)) return "code_wrong";
  if (known?.uses === 0) return "code_spent";
  if (known !== undefined) known.uses -= 1;
  const lane = known?.lane ?? 0;
  const number = (laneOf(room, lane).last += 1);
  room.places.set(identity, {
    lane,
    number,
    where: "waiting",
    seenAtMs: wholeSecond(time),
    endsAtMs: 0,
    renewals: 0,
  });
  return "waiting";
}

/** Where the place is; to ask is to be back, and to join is to want a lapsed turn again. */
function stand(room: RoomModel, identity: string, time: number, joins: boolean): Standing["outcome"] {
  const place = room.places.get(identity);
  if (place === undefined) return "place_missing";
  const isOver = place.endsAtMs <= time;
  if (place.where === "inside" && isOver) {
    room.places.delete(identity);
    return "place_missing";
  }
  if (place.where === "inside" || (place.where === "turn" && !isOver)) return place.where;
  if ((place.where === "lapsed" || place.where === "turn") && !joins) return "lapsed";
  if (place.number <= laneOf(room, place.lane).served) {
    place.where = "back";
    place.seenAtMs = wholeSecond(time);
  }
  return "waiting";
}

export function modelStanding(room: RoomModel, identity: string, nowMs: number): Standing {
  const time = timeOf(room, nowMs);
  const outcome = stand(room, identity, time, false);
  const place = room.places.get(identity);
  if (place === undefined || outcome === "place_missing") return { outcome: "place_missing" };
  const { number, endsAtMs } = place;
  const lane = room.settings.lanes[place.lane]?.name ?? "";
  const state = stateAt(room, time);
  if (outcome === "turn") return { outcome, lane, number, deadlineMs: endsAtMs };
  if (outcome === "inside") return { outcome, lane, number, passEndsAtMs: endsAtMs };
  if (outcome === "lapsed") return { outcome, lane, number, state };
  const ahead = Math.max(0, number - laneOf(room, place.lane).served - 1);
  return { outcome: "waiting", lane, number, ahead, state };
}

export function modelTakeTurn(
  room: RoomModel,
  identity: string,
  nowMs: number,
): { outcome: TurnOutcome["outcome"]; endsAtMs?: number } {
  const time = timeOf(room, nowMs);
  const place = room.places.get(identity);
  if (place === undefined) return { outcome: "place_missing" };
  const isOver = place.endsAtMs <= time;
  if (place.where === "inside")
    return isOver ? { outcome: "place_missing" } : { outcome: "admitted", endsAtMs: place.endsAtMs };
  if (place.where !== "turn" || isOver) return { outcome: "turn_missing" };
  room.passes += 1;
  place.where = "inside";
  place.endsAtMs = time + room.settings.passMs;
  place.renewals = room.settings.renewals;
  return { outcome: "admitted", endsAtMs: place.endsAtMs };
}

export function modelRenew(
  room: RoomModel,
  identity: string,
  nowMs: number,
): { outcome: RenewOutcome["outcome"]; endsAtMs?: number; renewalsLeft?: number } {
  const time = timeOf(room, nowMs);
  const place = room.places.get(identity);
  if (place?.where !== "inside" || place.endsAtMs <= time) return { outcome: "pass_missing" };
  if (place.renewals === 0) return { outcome: "renewals_used" };
  place.renewals -= 1;
  place.endsAtMs = Math.max(place.endsAtMs, time + room.settings.passMs);
  return { outcome: "renewed", endsAtMs: place.endsAtMs, renewalsLeft: place.renewals };
}

export function modelLeave(room: RoomModel, identity: string): "left" | "place_missing" {
  return room.places.delete(identity) ? "left" : "place_missing";
}

export function modelStep(room: RoomModel, nowMs: number, flowMs: number): void {
  const elapsedMs = Math.max(0, nowMs - room.nowMs);
  room.nowMs += elapsedMs;
  for (const [identity, place] of room.places) endPlace(room, identity, place);
  const isOpen = stateAt(room, room.nowMs) === "open";
  const share = (Math.min(elapsedMs, flowMs) * room.settings.ratePerMinute) / 60_000;
  const flow = isOpen ? Math.min(room.flow, 1) + share : 0;
  const count = isOpen ? Math.min(room.settings.cap - modelOccupied(room), Math.floor(flow)) : 0;
  for (const place of room.places.values())
    if (place.where === "back" && !isHere(room, place)) place.where = "waiting";
  room.flow = flow - offerTurns(room, count);
}

function endPlace(room: RoomModel, identity: string, place: ModelPlace): void {
  if (place.endsAtMs > room.nowMs) return;
  if (place.where === "turn") place.where = "lapsed";
  if (place.where === "inside") room.places.delete(identity);
}

function offerTurns(room: RoomModel, count: number): number {
  for (const index of room.lanes.keys()) nextOf(room, index, count > 0);
  let offered = 0;
  while (offered < count) {
    const place = pick(room);
    if (place === undefined) break;
    const lane = laneOf(room, place.lane);
    lane.served = Math.max(lane.served, place.number);
    place.where = "turn";
    place.endsAtMs = room.nowMs + room.settings.turnWindowMs;
    offered += 1;
  }
  return offered;
}

/** Each lane with somebody to let in is owed its weight for every turn; the one that is owed most has it. */
function pick(room: RoomModel): ModelPlace | undefined {
  let picked: { place: ModelPlace; lane: ModelLane } | undefined;
  let sum = 0;
  for (const [index, lane] of room.lanes.entries()) {
    const place = nextOf(room, index, true);
    const weight = room.settings.lanes[index]?.weight ?? 0;
    if (place === undefined) {
      lane.credit = 0;
      continue;
    }
    lane.credit += weight;
    sum += weight;
    if (picked === undefined || lane.credit > picked.lane.credit) picked = { place, lane };
  }
  if (picked !== undefined) picked.lane.credit -= sum;
  return picked?.place;
}

/** Who is back comes first; then the next number of the line, past those who left and, where turns are offered, who are away. */
function nextOf(room: RoomModel, index: number, mayPassAbsent: boolean): ModelPlace | undefined {
  const places = [...room.places.values()].filter((place) => place.lane === index);
  const back = places
    .filter(({ where }) => where === "back")
    .toSorted((left, right) => left.number - right.number);
  if (back[0] !== undefined) return back[0];
  const lane = laneOf(room, index);
  while (lane.served < lane.last) {
    const place = places.find(({ number }) => number === lane.served + 1);
    if (place !== undefined && isHere(room, place)) return place;
    if (place !== undefined && !mayPassAbsent) return undefined;
    lane.served += 1;
  }
  return undefined;
}

export const hereKey = ({ lane, number }: { lane: number; number: number }) => `${lane}:${number}`;

function isHere(room: RoomModel, place: ModelPlace): boolean {
  return room.here.has(hereKey(place)) || place.seenAtMs + room.settings.absenceGraceMs > room.nowMs;
}

export function modelOccupied(room: RoomModel): number {
  return [...room.places.values()].filter(({ where }) => where === "turn" || where === "inside").length;
}

function laneOf(room: RoomModel, index: number): ModelLane {
  const lane = room.lanes[index];
  if (lane === undefined) throw new Error(`the room has no lane ${index}`);
  return lane;
}
