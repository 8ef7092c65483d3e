import { setImmediate as othersFirst } from "node:timers/promises";
import { type EventId, identityChars } from "../foundation/ids.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { drawSeedOf } from "./draw/draw-protocol.ts";
import type { DrawLane } from "./draw/draw-record.ts";
import { createLeafWriter, entrantLeaves } from "./draw/entrant-leaf.ts";
import { merkleRoot } from "./draw/merkle-root.ts";
import { type Shuffle, shuffleAside } from "./draw/shuffle.ts";
import type { Lane } from "./lanes.ts";

/** As in `lua/includes/places.lua`. */
const perBlock = 32;
const perChunk = 256;

/** Leaves under one kept root: a proof is read from one of them and the roots of all. A power of two. */
export const perSubtree = 1_024;

/** Fields that one command reads or writes. */
const fieldsAtOnce = 256;

/** Reads who was in the lobby of one lane when it closed, and makes what is published of them. */
export async function closeList(
  redis: Redis,
  eventId: EventId,
  index: number,
  { name, drawn }: Lane,
): Promise<DrawLane> {
  const identities = await readIdentities(redis, eventId, index, 1, drawn);
  const roots = await subtreeRoots(eventId, name, identities);
  await redis.hset(roomKeys(eventId).drawn, `${index}r`, roots.toString("hex"));
  return { lane: name, entrants: drawn, root: merkleRoot(roots).toString("hex") };
}

/** The identities of the entries `first` to `last`; dashes stand for an entry that Redis has forgotten. */
export async function readIdentities(
  redis: Redis,
  eventId: EventId,
  index: number,
  first: number,
  last: number,
): Promise<Buffer> {
  const firstBlock = Math.floor((first - 1) / perBlock);
  const blocks = Math.floor((last - 1) / perBlock) - firstBlock + 1;
  const all = Buffer.alloc(blocks * perBlock * identityChars, "-");
  for (let from = 0; from < blocks; from += fieldsAtOnce) {
    const count = Math.min(fieldsAtOnce, blocks - from);
    const fields = Array.from({ length: count }, (_, at) => `${index}a${firstBlock + from + at}`);
    const found = await redis.hmgetBuffer(roomKeys(eventId).line, ...fields);
    for (const [at, block] of found.entries()) block?.copy(all, (from + at) * perBlock * identityChars);
  }
  const skipped = (first - 1) % perBlock;
  return all.subarray(skipped * identityChars, (skipped + last - first + 1) * identityChars);
}

async function subtreeRoots(eventId: EventId, lane: string, identities: Buffer): Promise<Buffer> {
  const roots = [];
  const entrants = identities.length / identityChars;
  for (let first = 1; first <= entrants; first += perSubtree) {
    const last = Math.min(entrants, first + perSubtree - 1);
    roots.push(
      merkleRoot(
        leavesOf(
          eventId,
          lane,
          first,
          identities.subarray((first - 1) * identityChars, last * identityChars),
        ),
      ),
    );
    await othersFirst();
  }
  return Buffer.concat(roots);
}

/** The leaves of identities that lie one behind the other; the first of them has the entry `first`. */
export function leavesOf(eventId: EventId, lane: string, first: number, identities: Buffer): Buffer {
  const count = identities.length / identityChars;
  const names = Array.from({ length: count }, (_, at) =>
    identities.toString("latin1", at * identityChars, (at + 1) * identityChars),
  );
  return entrantLeaves(createLeafWriter(eventId, lane), first, names);
}

type DrawOf = { readonly eventId: EventId; readonly seed: string; readonly beacon: string | null };

type PublishedLane = { readonly index: number; readonly list: DrawLane };

export async function drawLane(redis: Redis, draw: DrawOf, { index, list }: PublishedLane): Promise<void> {
  const identities = await readIdentities(redis, draw.eventId, index, 1, list.entrants);
  const shuffle = await shuffleAside(drawSeedOf({ ...draw, ...list }), list.entrants);
  const keys = roomKeys(draw.eventId);
  await writeFields(redis, keys.drawn, numberChunks(index, shuffle));
  await writeFields(redis, keys.line, lineBlocks(index, shuffle, identities));
}

/** Of every entry the number, four bytes each, the greatest first. */
function* numberChunks(index: number, { numbers }: Shuffle): Generator<[string, Buffer]> {
  for (let from = 0; from < numbers.length; from += perChunk) {
    const chunk = Buffer.allocUnsafe(4 * Math.min(perChunk, numbers.length - from));
    for (let at = 0; at * 4 < chunk.length; at += 1) chunk.writeUInt32BE(numbers[from + at] ?? 0, at * 4);
    yield [`${index}:${from / perChunk}`, chunk];
  }
}

/** The identities in the order of their numbers. */
function* lineBlocks(index: number, { order }: Shuffle, identities: Buffer): Generator<[string, Buffer]> {
  for (let from = 0; from < order.length; from += perBlock) {
    const count = Math.min(perBlock, order.length - from);
    const block = Buffer.allocUnsafe(count * identityChars);
    for (let at = 0; at < count; at += 1) {
      const start = ((order[from + at] ?? 1) - 1) * identityChars;
      identities.copy(block, at * identityChars, start, start + identityChars);
    }
    yield [`${index}d${from / perBlock}`, block];
  }
}

async function writeFields(redis: Redis, key: string, fields: Iterable<[string, Buffer]>): Promise<void> {
  let batch: (string | Buffer)[] = [];
  for (const [name, value] of fields) {
    batch.push(name, value);
    if (batch.length < 2 * fieldsAtOnce) continue;
    await redis.hset(key, ...batch);
    batch = [];
  }
  if (batch.length > 0) await redis.hset(key, ...batch);
}
