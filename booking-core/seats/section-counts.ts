import type { EventId, SectionId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { parseSeatNumbers } from "./hold.ts";

/** By segment. Only ordinary seats count as free; held ones may come back. */
export type SectionCounts = { readonly free: readonly number[]; readonly held: readonly number[] };

/** Both counts are of one moment: a seat that changes hands meanwhile is never in neither. */
export async function readCounts(
  redis: Redis,
  eventId: EventId,
  sectionId: SectionId,
): Promise<SectionCounts | undefined> {
  const [free, held] = await redis.hmget(sectionKeys(eventId, sectionId).meta, "free", "held");
  if (typeof free !== "string" || typeof held !== "string") return undefined;
  return { free: parseSeatNumbers(free), held: parseSeatNumbers(held) };
}
