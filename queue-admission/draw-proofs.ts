import type { EventId } from "../foundation/ids.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { proofThroughSubtree } from "./draw/inclusion-proof.ts";
import { leavesOf, perChunk, perSubtree, readIdentities } from "./draw-lane.ts";
import { parseLanes } from "./lanes.ts";

/** What a buyer needs to find the own receipt in a draw, read from what the driver left in Redis. */
export type DrawProofs = {
  /** The neighbours from the entrant's leaf up to the root, in hex. */
  proof(
    eventId: EventId,
    lane: string,
    entry: number,
  ): Promise<readonly string[] | "not_found" | "draw_missing">;
  /** The number that an entry was drawn. */
  number(eventId: EventId, lane: string, entry: number): Promise<number | undefined>;
};

export function createDrawProofs({ redis }: { redis: Redis }): DrawProofs {
  return {
    proof: (eventId, lane, entry) => findProof(redis, eventId, lane, entry),
    number: (eventId, lane, entry) => findNumber(redis, eventId, lane, entry),
  };
}

async function findLane(redis: Redis, eventId: EventId, name: string) {
  const keys = roomKeys(eventId);
  const [lanes, names, drawState] = await redis.hmget(keys.settings, "lanes", "laneNames", "drawState");
  if (typeof lanes !== "string" || typeof names !== "string" || drawState !== "done") return undefined;
  const all = parseLanes(lanes, names);
  const index = all.findIndex((lane) => lane.name === name);
  return index === -1 ? undefined : { index, drawn: all[index]?.drawn ?? 0 };
}

async function findProof(redis: Redis, eventId: EventId, name: string, entry: number) {
  const lane = await findLane(redis, eventId, name);
  if (lane === undefined) return "draw_missing";
  if (entry > lane.drawn) return "not_found";
  const roots = await redis.hget(roomKeys(eventId).drawn, `${lane.index}r`);
  if (roots === null) return "draw_missing";
  const subtree = Math.floor((entry - 1) / perSubtree);
  const first = subtree * perSubtree + 1;
  const last = Math.min(lane.drawn, first + perSubtree - 1);
  const identities = await readIdentities(redis, eventId, lane.index, first, last);
  const proof = proofThroughSubtree({
    leaves: leavesOf(eventId, name, first, identities),
    roots: Buffer.from(roots, "hex"),
    index: entry - 1,
    perSubtree,
  });
  return proof.map((digest) => digest.toString("hex"));
}

async function findNumber(redis: Redis, eventId: EventId, name: string, entry: number) {
  const lane = await findLane(redis, eventId, name);
  if (lane === undefined || entry > lane.drawn) return undefined;
  const field = `${lane.index}:${Math.floor((entry - 1) / perChunk)}`;
  const chunk = await redis.hgetBuffer(roomKeys(eventId).drawn, field);
  return chunk?.readUInt32BE(((entry - 1) % perChunk) * 4);
}
