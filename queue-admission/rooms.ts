import type { Clock } from "../foundation/clock.ts";
import { hashCode } from "../foundation/code-hash.ts";
import { type BuyerId, type EventId, identityChars } from "../foundation/ids.ts";
import { limits } from "../foundation/limits.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import type { PlaceClaims, Tokens } from "../foundation/tokens.ts";
import { roomLeave, roomReadmit, roomRenewPass, roomRestore, roomTakeTurn } from "../lua/generated.ts";
import { aheadOf } from "./lanes.ts";
import type {
  Admission,
  EarlierPass,
  Joining,
  JoinOutcome,
  PlacedStanding,
  ReadmitOutcome,
  RenewOutcome,
  RestoreOutcome,
  RoomsOfEvents,
  Standing,
  TurnOutcome,
  Visitor,
} from "./room.ts";
import { createVisitQueue, type Visit, type Visited } from "./visit-queue.ts";

/** More wait for Redis than may: the same question can be answered a moment later. */
class BusyError extends Error {
  override name = "BusyError";
}

type RoomsParts = { readonly redis: Redis; readonly clock: Clock; readonly tokens: Tokens };
type Parts = RoomsParts & { readonly visits: ReturnType<typeof createVisitQueue> };
type Shopper = Visitor & { readonly buyerId: string };

/** A receipt outlives every on-sale, and no room is run again under its event's id. */
const receiptMs = limits.room.keepMs;

export function createRooms(given: RoomsParts): RoomsOfEvents {
  const parts = { ...given, visits: createVisitQueue(given) };
  return {
    join: (eventId, visitor, joining = {}) => joinRoom(parts, eventId, visitor, joining),
    standing: (eventId, visitor) => findStanding(parts, eventId, visitor, 0),
    hereAgain: (eventId, visitor) => findStanding(parts, eventId, visitor, 2),
    takeTurn: (eventId, shopper) => takeTurn(parts, eventId, shopper),
    renewPass: (eventId, shopper) => renewPass(parts, eventId, shopper),
    leave: (eventId, { identity }, onlyPass = 0) =>
      roomLeave(parts.redis, roomKeys(eventId), { identity, onlyPass }),
    restore: (eventId, visitor, receipt) => restorePlace(parts, eventId, visitor, receipt),
    readmit: (eventId, pass) => readmit(parts, eventId, pass),
  };
}

async function joinRoom(
  parts: Parts,
  eventId: EventId,
  visitor: Visitor,
  { code, proof, onlyIfThere }: Joining,
): Promise<JoinOutcome> {
  const wish: Visit = [
    knownIdentity(visitor),
    onlyIfThere === true ? 2 : 1,
    code === undefined ? "" : hashCode(code),
    proof?.proofId ?? "",
    proof?.endsAtMs ?? 0,
  ];
  const visited = await parts.visits.visit(eventId, wish);
  if (visited === "room_missing") return { outcome: "not_found" };
  if (visited === "busy") return { outcome: "busy" };
  const [where] = visited.answer;
  switch (where) {
    case "missing":
      return { outcome: "place_missing" };
    case "closed":
      return { outcome: "room_closed", state: visited.state };
    case "busy":
    case "code_wrong":
    case "code_spent":
    case "proof_spent":
      return { outcome: where };
    default:
      return joined(parts, eventId, visitor, visited);
  }
}

function joined(parts: Parts, eventId: EventId, visitor: Visitor, visited: Visited): JoinOutcome {
  const standing = standingOf(visited);
  if (standing.outcome === "place_missing") throw new Error("a joined place is missing");
  const [, lane, entry, number, , joinedAt, fresh] = visited.answer as Placed;
  const place = placeClaims(visited, lane, entry, number, joinedAt);
  const { incarnation, commitment } = visited;
  const ofDraw = commitment === "" ? {} : { commitment };
  const claims = {
    eventId,
    identity: visitor.identity,
    incarnation,
    ...ofDraw,
    ...place,
    ...boundTo(visitor),
  };
  const receipt = parts.tokens.sign("receipt", claims, joinedAt * 1_000 + receiptMs);
  return { outcome: "joined", standing, receipt, fresh: fresh === 1 };
}

type Placed = Extract<Visited["answer"], readonly [string, number, ...unknown[]]>;

function placeClaims(
  { lanes }: Pick<Visited, "lanes">,
  lane: number,
  entry: number,
  number: number,
  joinedAt: number,
): PlaceClaims {
  const place = { lane: lanes[lane]?.name ?? "", entry, joinedAtMs: joinedAt * 1_000 };
  return number === 0 ? place : { ...place, number };
}

export function boundTo({ jkt }: Visitor): { cnf?: { jkt: string } } {
  return jkt === undefined ? {} : { cnf: { jkt } };
}

async function findStanding(parts: Parts, eventId: EventId, visitor: Visitor, how: 0 | 2): Promise<Standing> {
  const visited = await parts.visits.visit(eventId, [knownIdentity(visitor), how, "", "", 0]);
  if (visited === "room_missing") return { outcome: "place_missing" };
  if (visited === "busy") throw new BusyError("too many ask where they stand");
  return standingOf(visited);
}

function standingOf({ answer, lanes, state }: Visited): Standing {
  if (answer.length === 1) return { outcome: "place_missing" };
  const [where, index, entry, number, endsAtMs] = answer;
  const lane = lanes[index];
  if (lane === undefined) throw new Error(`the room has no lane ${index}`);
  return placedStanding(where, {
    lane: lane.name,
    entry,
    number,
    endsAtMs,
    ahead: aheadOf(number, lane),
    state,
  });
}

function placedStanding(
  where: Placed[0],
  {
    lane,
    entry,
    number,
    endsAtMs,
    ahead,
    state,
  }: { lane: string; state: Visited["state"] } & Record<"entry" | "number" | "endsAtMs" | "ahead", number>,
): PlacedStanding {
  switch (where) {
    case "lobby":
      return { outcome: "lobby", lane, entry, state };
    case "waiting":
      return { outcome: "waiting", lane, number, ahead, state };
    case "lapsed":
      return { outcome: "lapsed", lane, number, state };
    case "turn":
      return { outcome: "turn", lane, number, deadlineMs: endsAtMs };
    case "inside":
      return { outcome: "inside", lane, number, passEndsAtMs: endsAtMs };
  }
}

async function takeTurn(parts: Parts, eventId: EventId, shopper: Shopper): Promise<TurnOutcome> {
  const identity = knownIdentity(shopper);
  const reply = await roomTakeTurn(parts.redis, roomKeys(eventId), { identity, nowMs: parts.clock.now() });
  if (reply[0] !== "admitted") return { outcome: reply[0] };
  return { outcome: "admitted", ...admission(parts, eventId, shopper, reply) };
}

async function renewPass(parts: Parts, eventId: EventId, shopper: Shopper): Promise<RenewOutcome> {
  const identity = knownIdentity(shopper);
  const reply = await roomRenewPass(parts.redis, roomKeys(eventId), { identity, nowMs: parts.clock.now() });
  if (reply[0] !== "renewed") return { outcome: reply[0] };
  return { outcome: "renewed", ...admission(parts, eventId, shopper, reply) };
}

type AdmissionReply = readonly [string, number, number, number, number, string, string];

function admission(
  { tokens }: Parts,
  eventId: EventId,
  shopper: Shopper,
  [, endsAtMs, passNumber, renewalsLeft, incarnation, value, laneNames]: AdmissionReply,
): Admission {
  const [lane = 0, entry = 0, joinedAt = 0] = value.split(" ").map(Number);
  const place = { lane: laneNames.split(",")[lane] ?? "", entry, joinedAtMs: joinedAt * 1_000 };
  const { identity } = shopper;
  const buyerId = shopper.buyerId as BuyerId;
  const claims = { eventId, buyerId, identity, passNumber, incarnation, place, ...boundTo(shopper) };
  return { pass: tokens.sign("pass", claims, endsAtMs), passNumber, endsAtMs, renewalsLeft };
}

async function restorePlace(
  parts: Parts,
  eventId: EventId,
  visitor: Visitor,
  receipt: string,
): Promise<RestoreOutcome> {
  const claims = parts.tokens.verify("receipt", receipt);
  const isOwn = claims?.identity === visitor.identity && claims.eventId === eventId;
  if (!isOwn) return { outcome: "receipt_wrong" };
  if (claims.cnf?.jkt !== visitor.jkt) return { outcome: "other_device" };
  const { identity, lane: laneName, entry, incarnation } = claims;
  const joinedAt = Math.floor(claims.joinedAtMs / 1_000);
  const nowMs = parts.clock.now();
  const place = { identity, laneName, entry, joinedAt, incarnation, nowMs };
  const outcome = await roomRestore(parts.redis, roomKeys(eventId), place);
  return { outcome: outcome === "room_missing" ? "not_found" : outcome };
}

async function readmit(
  { redis, clock }: Parts,
  eventId: EventId,
  { identity, passNumber, endsAtMs, place }: EarlierPass,
): Promise<ReadmitOutcome> {
  const { lane: laneName, entry, joinedAtMs } = place;
  const joinedAt = Math.floor(joinedAtMs / 1_000);
  const pass = { identity, passNumber, endsAtMs, laneName, entry, joinedAt, nowMs: clock.now() };
  const outcome = await roomReadmit(redis, roomKeys(eventId), pass);
  return { outcome: outcome === "room_missing" ? "not_found" : outcome };
}

function knownIdentity({ identity }: Visitor): string {
  if (identity.length !== identityChars) throw new Error(`an identity has ${identityChars} characters`);
  return identity;
}
