import { type EventId, identityChars } from "../foundation/ids.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { roomKeys } from "../foundation/redis/keys.ts";

/** As in `lua/includes/places.lua`. */
const perBlock = 32;
const perChunk = 256;
const blocksAtOnce = 256;

/** Says whether the line names an identity where its place says; each part of the line is read once. */
export function createLineReader(redis: Redis, eventId: EventId) {
  const keys = roomKeys(eventId);
  const blocks = new Map<string, string | null>();
  const chunks = new Map<string, Buffer | null>();

  async function blockOf(kind: "a" | "d", lane: number, block: number): Promise<string> {
    const field = (at: number) => `${lane}${kind}${at}`;
    if (!blocks.has(field(block))) {
      const first = block - (block % blocksAtOnce);
      const fields = Array.from({ length: blocksAtOnce }, (_, at) => field(first + at));
      const found = await redis.hmget(keys.line, ...fields);
      for (const [at, name] of fields.entries()) blocks.set(name, found[at] ?? null);
    }
    return blocks.get(field(block)) ?? "";
  }

  async function isAt(kind: "a" | "d", lane: number, number: number, identity: string): Promise<boolean> {
    const block = await blockOf(kind, lane, Math.floor((number - 1) / perBlock));
    const offset = ((number - 1) % perBlock) * identityChars;
    return block.slice(offset, offset + identityChars) === identity;
  }

  async function drawnNumber(lane: number, entry: number): Promise<number | undefined> {
    const field = `${lane}:${Math.floor((entry - 1) / perChunk)}`;
    if (!chunks.has(field)) chunks.set(field, await redis.hgetBuffer(keys.drawn, field));
    const chunk = chunks.get(field);
    const offset = 4 * ((entry - 1) % perChunk);
    return !chunk || chunk.length < offset + 4 ? undefined : chunk.readUInt32BE(offset);
  }

  return {
    async names(identity: string, value: string): Promise<boolean> {
      const [lane = 0, entry = 0] = value.split(" ").map(Number);
      if (await isAt("a", lane, entry, identity)) return true;
      const number = await drawnNumber(lane, entry);
      return number !== undefined && isAt("d", lane, number, identity);
    },
  };
}
